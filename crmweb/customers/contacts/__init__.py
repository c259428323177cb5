"""The people behind a customer: who decides, who pays, whom to ask for."""
