"""What lies where within a place: holdings break a stock row down by bin and lot."""
