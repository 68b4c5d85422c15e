/** What all calls of one request have in common, as rules see it. */
import type { Priority } from '@writ/contracts';

export interface RequestContext {
  readonly project: string;
  readonly campaign?: string;
  readonly priority: Priority;
  readonly justification?: string;
  /** Epoch milliseconds. */
  readonly deadlineMs?: number;
}

/** A request as it stands on the wire or in a file. */
interface Requested {
  readonly project: string;
  readonly campaign?: string | undefined;
  readonly priority: Priority;
  readonly justification?: string | undefined;
  /** RFC 3339. */
  readonly deadline?: string | undefined;
}

export function requestContext({
  project,
  campaign,
  priority,
  justification,
  deadline,
}: Requested): RequestContext {
  return {
    project,
    ...(campaign === undefined ? {} : { campaign }),
    priority,
    ...(justification === undefined ? {} : { justification }),
    ...(deadline === undefined ? {} : { deadlineMs: Date.parse(deadline) }),
  };
}
