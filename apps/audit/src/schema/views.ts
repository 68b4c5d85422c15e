/**
 * What people ask most, as views over what the projection stores. They see with the eyes of who asks, so a reader of one
 * tenant finds only that tenant in them.
 */
import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

export const views: Migration = {
  async up(db) {
    await sql`create view audit.waits with (security_invoker = true) as
      select tenant, invocation, first_seq, first_at, agent, tool, project, campaign, stage,
        decided_at - asked_at as for_a_decision,
        reserved_at - decided_at as for_budget,
        coalesce(closed_at, ended_at, now()) - opened_at as for_people,
        dispatched_at - greatest(reserved_at, closed_at) as in_the_queue,
        started_at - dispatched_at as for_the_executor,
        ended_at - coalesce(started_at, dispatched_at) as until_the_end
      from audit.invocations`.execute(db);
    await sql`create view audit.approvals with (security_invoker = true) as
      select opened.tenant, opened.invocation, opened.seq, opened.at as opened_at,
        opened.data ->> 'agent' as agent, opened.data ->> 'tool' as tool,
        opened.data -> 'terms' as terms, opened.data -> 'policies' as policies,
        coalesce(substr(closed.type, length('approval.') + 1), 'open') as result,
        closed.at as closed_at, closed.data -> 'by' as closed_by, closed.data ->> 'reason' as reason,
        (select count(*) from audit.notes as vote where vote.tenant = opened.tenant
          and vote.invocation = opened.invocation and vote.type = 'approval.voted'
          and vote.seq > opened.seq and (closed.seq is null or vote.seq < closed.seq)) as votes
      from audit.notes as opened left join lateral (
        select seq, at, type, data from audit.notes as closing
        where closing.tenant = opened.tenant and closing.invocation = opened.invocation and closing.seq >= opened.seq
          and closing.type in ('approval.granted', 'approval.denied', 'approval.expired')
        order by closing.seq limit 1
      ) as closed on true
      where opened.type = 'approval.opened'`.execute(db);
    await sql`create view audit.votes with (security_invoker = true) as
      select tenant, invocation, seq, at, origin as person, data ->> 'vote' as vote, data ->> 'reason' as reason,
        data ->> 'argsDigest' as args_digest
      from audit.notes where type = 'approval.voted'`.execute(db);
    await sql`create view audit.attempts with (security_invoker = true) as
      select tenant, invocation, (data ->> 'attempt')::integer as attempt, data ->> 'executor' as executor,
        to_timestamp((data ->> 'startedAtMs')::double precision / 1000) as started_at, at as ended_at,
        coalesce(data ->> 'cause', data ->> 'answer', 'returned') as ended_as
      from audit.notes where type in ('execution.attempted', 'execution.returned', 'execution.queried')
      union all
      select tenant, invocation, attempt, executor, coalesce(started_at, dispatched_at), ended_at, stage
      from audit.invocations where attempt is not null`.execute(db);
    await sql`create view audit.breakers with (security_invoker = true) as
      select tenant, event ->> 'scope' as scope, seq, nth,
        to_timestamp((event ->> 'at')::double precision / 1000) as at, event ->> 'transition' as transition,
        event -> 'evidence' as evidence, (event ->> 'permits')::integer as permits,
        to_timestamp((event ->> 'untilMs')::double precision / 1000) as until
      from audit.breaker_events`.execute(db);
  },
};
