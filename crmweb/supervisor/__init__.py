"""`crmweb run`: everything the product needs, as one command in one terminal."""
