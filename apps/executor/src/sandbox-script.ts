/**
 * The shell script that stands between the executor and a command: it sets the limits, tells on descriptor 3 that it
 * has begun, and runs the program. It holds nothing that comes from a call; program and arguments are its parameters.
 * Telling comes first: when the executor died before the kernel knew that the command must die with it, nobody
 * listens there any more, and nothing is run.
 */

export interface CommandLimits {
  readonly cpuSeconds: number;
  readonly memoryMegabytes: number;
  readonly processes: number;
  readonly files: number;
  readonly fileMegabytes: number;
}

/** What the script says on descriptor 3; lines of other form are what `times` prints. */
export const Told = { begun: 'begun', absent: 'absent', unisolated: 'unisolated' } as const;

/** Processes over the limit that the kernel lets through, so that the watch sees the excess and can name it. */
const PROCESS_HEADROOM = 16;

/**
 * Address space over the limit of memory that one process may ask for. Runtimes reserve what they never use (V8 half a
 * gigabyte); what counts is what is resident, and that is watched.
 */
const RESERVED_MEGABYTES = 1_024;

const BLOCKS_PER_MEGABYTE = 2_048;
const REPORT = 3;
const OWN_STDERR = 5;

export interface ScriptOptions {
  readonly limits: CommandLimits;
  /** It is process 1 of a namespace: when it ends, so does everything in there. */
  readonly first: boolean;
  /** Whether the kernel counts processes for this call alone. */
  readonly countsProcesses: boolean;
  /** Paths of `mount` and `setpriv`, when all but the working folder is to be read-only. */
  readonly readOnly?: { readonly mount: string; readonly setpriv: string } | undefined;
}

/** The text for `sh -c`; `$1` is the program. */
export function sandboxScript({ limits, first, countsProcesses, readOnly }: ScriptOptions): string {
  const bounds = [
    'ulimit -c 0',
    `ulimit -t ${Math.ceil(limits.cpuSeconds)}`,
    `ulimit -d ${1_024 * (limits.memoryMegabytes + RESERVED_MEGABYTES)}`,
    `ulimit -n ${limits.files}`,
    `ulimit -f ${BLOCKS_PER_MEGABYTE * limits.fileMegabytes}`,
    ...(countsProcesses ? [processBound(limits.processes + PROCESS_HEADROOM)] : []),
  ];
  return [
    `exec ${OWN_STDERR}>&2 2>/dev/null`,
    ...(readOnly ? readOnlyRoot(readOnly.mount) : []),
    ...bounds,
    `[ -x "$1" ] && [ ! -d "$1" ] || { echo ${Told.absent} >&${REPORT}; exit 127; }`,
    `echo ${Told.begun} >&${REPORT} || exit 125`,
    ...(first ? asFirst(readOnly?.setpriv) : [`exec "$@" 2>&${OWN_STDERR} ${REPORT}>&- ${OWN_STDERR}>&-`]),
  ].join('\n');
}

/** dash and ash call it `-p`, bash `-u`. */
function processBound(most: number): string {
  return `ulimit -p ${most} || ulimit -u ${most}`;
}

/** It waits for the program, tells how much CPU everything used that was waited for, and takes the rest along. */
function asFirst(setpriv: string | undefined): string[] {
  const powerless = setpriv ? `${setpriv} --inh-caps=-all --ambient-caps=-all --bounding-set=-all -- ` : '';
  return [
    'trap : TERM INT HUP',
    `( exec ${powerless}"$@" 2>&${OWN_STDERR} ${REPORT}>&- ${OWN_STDERR}>&- )`,
    'code=$?',
    `times >&${REPORT}`,
    'exit $code',
  ];
}

/** Every mount becomes read-only but the working folder, which gets one of its own. */
function readOnlyRoot(mount: string): string[] {
  const failed = `{ echo ${Told.unisolated} >&${REPORT}; exit 125; }`;
  return [
    `here=$(pwd -P)`,
    `${mount} --bind "$here" "$here" || ${failed}`,
    'while read -r _ point _; do',
    '  point=$(printf %b "$point")',
    '  case "$point" in /proc|/proc/*|"$here") continue;; esac',
    '  [ -e "$point" ] || continue',
    `  ${mount} -o remount,bind,ro "$point" || ${failed}`,
    'done < /proc/self/mounts',
    `cd "$here" || ${failed}`,
  ];
}
