-- A staging copy must not speak for the firm: without its key it cannot, even if somebody sets the state back.
UPDATE bizoverbiz_membership
   SET state = 'disconnected',
       private_key = NULL,
       next_private_key = NULL,
       next_keyid = NULL,
       lineage_previous = NULL,
       lineage_current = NULL,
       lineage_next = NULL,
       invitation_digest = NULL,
       last_error = NULL;
