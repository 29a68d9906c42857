"""What stock is worth: every unit of ours that is not damaged stands in the books at its variant's standard cost."""
