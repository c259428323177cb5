"""The words in which files speak of kinds, statuses and tiers, in English and Vietnamese."""

from crmweb.names import fold

_KINDS = {
    "shop": (
        "shop|store|outlet|retailer|retail|cua hang|diem ban|tap hoa|tiem|quan|nha thuoc|dai ly|sieu thi|cho"
    ),
    "company": (
        "company|business|organization|organisation|account|b2b|cong ty|doanh nghiep|to chuc|"
        "nha phan phoi|npp"
    ),
    "person": "person|individual|consumer|b2c|ca nhan|khach le",
}
_STATUSES = {
    "customer": (
        "customer|client|active|current|khach hang|khach|dang ban|dang mua|dang hoat dong|hoat dong|"
        "dang giao dich|binh thuong"
    ),
    "lead": "lead|prospect|potential|new|tiem nang|khach tiem nang|khach hang tiem nang|kh tiem nang|moi",
    "former": (
        "former|inactive|lost|closed|churned|stopped|ngung|ngung ban|ngung mua|nghi ban|da nghi|nghi|"
        "dong cua|ngung hoat dong|ngung giao dich|khach cu"
    ),
}
_TIER_PREFIXES = ("tier ", "hang ", "class ", "loai ")


def _by_word(groups: dict[str, str]) -> dict[str, str]:
    return {word: meaning for meaning, words in groups.items() for word in words.split("|")}


_KIND_OF = _by_word(_KINDS)
_STATUS_OF = _by_word(_STATUSES)


def kind_of(text: str) -> str | None:
    """'shop', 'company', 'person', or None for a word that is not known."""
    return _KIND_OF.get(fold(text))


def status_of(text: str) -> str | None:
    """'customer', 'lead', 'former', or None for a word that is not known."""
    return _STATUS_OF.get(fold(text))


def tier_of(text: str) -> str:
    """The tier's name in capitals, without "Hạng" or "Tier" before it; whether there is one is not asked."""
    word = fold(text)
    for prefix in _TIER_PREFIXES:
        word = word.removeprefix(prefix)
    return word.upper()
