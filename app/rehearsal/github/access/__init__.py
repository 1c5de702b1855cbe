"""Who is asking and what they may do: tokens, JSON web tokens, roles and permissions."""
