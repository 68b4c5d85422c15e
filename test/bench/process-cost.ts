/** What processes have used, as the kernel counts it. */
import { readFileSync, readdirSync } from 'node:fs';

/** Linux reports CPU time in ticks of a hundredth of a second. */
const TICKS_PER_SECOND = 100;

/** CPU seconds of a process and of all its children, ended ones included. */
export function cpuSeconds(pid: number): number {
  let ticks = 0;
  for (const one of familyOf(pid)) {
    const fields = statOf(one);
    // utime and stime; for the parent also what its ended children used.
    ticks += Number(fields[11]) + Number(fields[12]);
    if (one === pid) ticks += Number(fields[13]) + Number(fields[14]);
  }
  return ticks / TICKS_PER_SECOND;
}

/** Resident bytes of a process now, and the most it ever had. */
export function residentBytes(pid: number): { readonly now: number; readonly peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kilobytes = (name: string): number =>
    1_024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]);
  return { now: kilobytes('VmRSS'), peak: kilobytes('VmHWM') };
}

function familyOf(pid: number): readonly number[] {
  const children = readdirSync('/proc').filter(
    (name) => /^\d+$/.test(name) && statOf(Number(name))[1] === String(pid),
  );
  return [pid, ...children.map(Number)];
}

/** The fields after the command's name, which may hold anything: state, parent, ... */
function statOf(pid: number): readonly string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}
