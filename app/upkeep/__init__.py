"""What an operator does with a whole store: export, restore, copy, check, and end its retention."""
