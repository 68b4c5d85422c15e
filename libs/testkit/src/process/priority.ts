/**
 * Gives way to other processes when cores are short. Niceness alone is not enough: a Linux kernel that groups processes by
 * session (`sched_autogroup`, usual outside containers) shares the cores among the groups first, so that a nice
 * process of a session of its own gets as much as any other. There the group is made nice as well.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';

/** `niceness`: 0 (an equal) to 19 (last). Without effect on a process that is gone. */
export function giveWay(pid: number, niceness: number): void {
  try {
    setPriority(pid, niceness);
    writeFileSync(`/proc/${pid}/autogroup`, String(niceness));
  } catch {
    // No such process, or a kernel without groups: then niceness is all there is.
  }
}

/** `pid` and the processes that it has started; `pid` alone where the kernel does not tell. */
export function familyOf(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return [pid, ...children.split(' ').filter(Boolean).map(Number)];
  } catch {
    return [pid];
  }
}
