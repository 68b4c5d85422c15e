/** Names of everything Writ measures, in one place. Attributes with the prefix `writ.` are ours, the rest is OTel's. */
export const Metric = {
  /** Facts committed, by `type`; decisions also by `verdict`, denials also by `rule`. */
  facts: 'writ.facts',
  /** Commits appended. */
  commits: 'writ.commits',
  /** Facts of one reaction. */
  commitEvents: 'writ.commit.events',
  /** Milliseconds from the first append of a reaction to its last ack. */
  commitDuration: 'writ.commit.duration',
  /** Ledger sequence up to which this process has read. */
  foldSequence: 'writ.fold.sequence',
  /** 1 while this process leads, else 0. */
  leader: 'writ.leader',
  /** Times that this process became leader. */
  elections: 'writ.elections',
  /** Calls that wait in the scheduler's queue. */
  queueDepth: 'writ.queue.depth',
  /** Tool runs that ended, by `outcome`. */
  runs: 'writ.executor.runs',
  /** Duration of a tool run in milliseconds. */
  runDuration: 'writ.executor.run.duration',
  /** Tool runs in progress. */
  running: 'writ.executor.running',
  /** Times that an executor's session was fenced. */
  executorFenced: 'writ.executor.fenced',
  /** Pulls that failed and were repeated. */
  failedPulls: 'writ.executor.failed_pulls',
  /** Ledger sequence up to which the projection is durable. */
  projectionSequence: 'writ.projection.sequence',
  /** Commits between the projection and the end of what was read. */
  projectionLag: 'writ.projection.lag',
} as const;
export type Metric = (typeof Metric)[keyof typeof Metric];

/** Names of the attributes of metrics. */
export const Attribute = {
  type: 'type',
  verdict: 'verdict',
  rule: 'rule',
  tool: 'tool',
  outcome: 'outcome',
} as const;
export type Attribute = (typeof Attribute)[keyof typeof Attribute];
