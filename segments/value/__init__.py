"""What customers are worth: models of buying and spending, their checks, and the page that shows them."""
