"""The demonstration: six French firms, each with its own Odoo, and one netting round between them."""
