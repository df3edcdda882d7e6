"""What a list of customers can be narrowed by and can show. Apps above register filters and columns."""
