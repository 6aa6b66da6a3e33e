"""What an operator sees of a running engine: metrics for machines, logs for both.

No label and no log line holds an amount, a name, an identifier of a firm or an invoice's number: a member is its uuid
at most.
"""
