-- Polls: messages that ask something, the choices of those who answer, and when the asking ends.
set local lock_timeout = '2s';

-- Whether these may be the options of a poll: each has 1 to 200 characters.
create function are_poll_options(options text[]) returns boolean language sql immutable strict
return array_position(options, null) is null and coalesce((
    select bool_and(char_length(o) between 1 and 200) from unnest(options) o
), false);

create table polls (
    message_id bigint not null constraint polls_message_fkey references messages on delete cascade,
    -- Of the message, which does not change.
    conversation_id bigint not null,
    -- In order. Votes name them by their places, from 1, so that they never change.
    options text[] not null constraint polls_options_count check (cardinality(options) between 2 and 20)
        constraint polls_options_length check (are_poll_options(options)),
    max_choices smallint not null,
    -- Nobody is told who has voted what. The rows are there all the same: each user can take a vote back.
    anonymous boolean not null,
    results text not null constraint polls_results_known check (results in ('always', 'afterVote')),
    closes_at timestamptz,
    -- Set by whoever closes it, or by a node soon after `closes_at`. No vote counts from the earlier of both on.
    closed_at timestamptz,
    -- Counts the votes that were made, changed or taken back, and the end: of two states, the higher one is newer.
    revision bigint not null default 0,
    -- How many users have voted: their rows in `poll_votes` whose options are not empty.
    voter_count bigint not null default 0,
    -- When the first vote was written that the conversation has not been told of; null without any.
    untold_since timestamptz,
    constraint polls_max_choices_range check (max_choices between 1 and cardinality(options)),
    constraint polls_pkey primary key (message_id)
);
-- What the timer looks for.
create index polls_closes_at on polls (closes_at) where closed_at is null and closes_at is not null;
create index polls_untold_since on polls (untold_since) where untold_since is not null;

create table poll_votes (
    message_id bigint not null constraint poll_votes_poll_fkey references polls on delete cascade,
    user_id bigint not null constraint poll_votes_user_fkey references users on delete cascade,
    -- The places of the options that are chosen, ascending. Empty once the vote was taken back: the row stays, for the
    -- user's devices that were away.
    options smallint[] not null,
    -- The number of its last change in the user's personal sequence.
    seq bigint not null,
    voted_at timestamptz not null default clock_timestamp(),
    constraint poll_votes_pkey primary key (message_id, user_id)
);
create index poll_votes_seq on poll_votes (user_id, seq);
-- Pages of who has voted.
create index poll_votes_time on poll_votes (message_id, voted_at, user_id);

-- Votes that go with their users are counted no more, which the timer tells. Those that go with their poll find none.
create function forget_voters() returns trigger language plpgsql as $$
begin
    update polls p set voter_count = p.voter_count - n.voters, revision = p.revision + 1,
        untold_since = coalesce(p.untold_since, clock_timestamp())
    from (select g.message_id, count(*) as voters from gone g where g.options <> '{}' group by g.message_id) n
    where p.message_id = n.message_id;
    return null;
end $$;
create trigger poll_votes_forget_voters after delete on poll_votes referencing old table as gone
for each statement execute function forget_voters();

-- A deletion takes the poll of its message with its votes, also one by a node of the version before, which does not
-- know them.
create function forget_poll() returns trigger language plpgsql as $$
begin
    delete from polls where message_id = new.id;
    return null;
end $$;
create trigger messages_poll after update of deleted_at on messages
for each row when (old.deleted_at is null and new.deleted_at is not null)
execute function forget_poll();

-- A poll as it is told. The numbers of votes are null for those who may not see them yet.
create function poll_json(p polls, shows_results boolean) returns json language sql stable as $$
    select json_build_object(
        'options', (
            select json_agg(json_build_object('text', o.text,
                'votes', case when shows_results then coalesce(n.votes, 0) end) order by o.number)
            from unnest(p.options) with ordinality o(text, number)
            left join (
                select c.number, count(*) as votes from poll_votes v cross join unnest(v.options) c(number)
                where shows_results and v.message_id = p.message_id group by c.number
            ) n on n.number = o.number
        ),
        'maxChoices', p.max_choices,
        'anonymous', p.anonymous,
        'results', p.results,
        'closesAt', p.closes_at,
        'closedAt', p.closed_at,
        'voterCount', p.voter_count,
        'revision', p.revision
    )
$$;

-- Gives messages their polls, one for each message or null, in the transaction that writes them.
create function add_polls(message_ids bigint[], new_polls jsonb[]) returns void language plpgsql as $$
begin
    insert into polls (message_id, conversation_id, options, max_choices, anonymous, results, closes_at)
    select m.id, m.conversation_id,
        array(select o.text from jsonb_array_elements_text(s.poll -> 'options') with ordinality o(text, n) order by o.n),
        (s.poll ->> 'maxChoices')::smallint, (s.poll ->> 'anonymous')::boolean, s.poll ->> 'results',
        (s.poll ->> 'closesAt')::timestamptz
    from unnest(message_ids, new_polls) s(id, poll)
    join messages m on m.id = s.id
    where s.poll is not null;
end $$;
