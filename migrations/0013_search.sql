-- Any part of what was said, in any script. Queries of one or two characters have no trigram:
-- they read the conversations of whoever asks.
create index messages_body_trgm on messages using gin (lower(body) gin_trgm_ops);
