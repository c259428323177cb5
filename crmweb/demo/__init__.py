"""The demo company: a tea distributor in Hà Nội and Thành phố Hồ Chí Minh, made up and always the same."""

from crmweb.demo.company import Founded, Refused, ensure_demo
from crmweb.demo.removal import Removed, remove_demo

__all__ = ["Founded", "Refused", "Removed", "ensure_demo", "remove_demo"]
