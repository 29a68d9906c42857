"""How long the stock of orders that wait is kept for them: deadlines by rule, longer by hand, and the end of it."""
