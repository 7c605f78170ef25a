-- Two rules of polls that several queries ask for. `poll_json` of 0096 stays as it is: nodes of the version before call it.

-- Whether no vote counts any more: also when its time has come, and no node has closed it yet.
create function is_over(p polls) returns boolean language sql volatile
return p.closed_at is not null or coalesce(p.closes_at <= clock_timestamp(), false);

-- Whether the numbers of votes are told to somebody who has voted, or has not.
create function shows_results(p polls, has_voted boolean) returns boolean language sql immutable
return p.results = 'always' or p.closed_at is not null or has_voted;
