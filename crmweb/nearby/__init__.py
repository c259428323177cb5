"""Who is near: the true nearest of what a person may see."""
