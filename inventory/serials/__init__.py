"""Serial numbers: each names one unit, counts nothing, and says where that unit was seen last."""
