"""Being told: who is told what, and how a notice reaches them. A row in the transaction of what it tells, then sent."""
