import { type ErrorCode, SetpointError } from '../../schemas/error.ts'

interface Cause {
  /** What crun, runc or mount say. */
  said: RegExp
  code?: ErrorCode
  hint: string
}

/** What a person can do about what a runtime says; the first that fits counts. */
const CAUSES: Cause[] = [
  {
    said: /executable file .*not found|exec: .*not found|stat .*: no such file or directory: unknown/i,
    hint: 'The image has no such program in its PATH; check command, entrypoint and the image.',
  },
  {
    said: /netns|setns|network namespace/i,
    code: 'NETWORK_FAILED',
    hint: "The task's network namespace is gone; it is made again at the next try.",
  },
  {
    said: /exec format error/i,
    hint: 'The program is for another processor, or a script without its #! line.',
  },
  {
    said: /no space left|disk quota exceeded/i,
    code: 'DISK_FULL',
    hint: 'Free some room on the file system of the state folder: `df -h`, `buildah rmi --prune`.',
  },
  {
    said: /memlock/i,
    hint: 'crun must be able to lock memory: LimitMEMLOCK=infinity in the unit of the agent, or --runtime runc.',
  },
  {
    said: /rlimit/i,
    hint: 'This host may not raise hard limits (CAP_SYS_RESOURCE is missing); ask for less.',
  },
  {
    said: /oom_score_adj/i,
    hint: 'This host may not lower oom scores (CAP_SYS_RESOURCE is missing).',
  },
  {
    said: /cgroups? in hybrid mode|hybrid mode not supported/i,
    hint: 'crun does not run on mixed cgroup versions; restart the agent, or choose runc with --runtime runc.',
  },
  {
    said: /memory limit|memory\.(max|limit_in_bytes).*busy|busy.*memory\.(max|limit_in_bytes)/i,
    hint: 'The memory limit is less than the container needs to start; raise deploy.resources.limits.memory.',
  },
  {
    said: /mount_setattr/i,
    code: 'HOST_UNABLE',
    hint: 'The file system of that folder cannot show its owners moved, as userns_mode: auto needs it (NFS cannot, tmpfs from Linux 6.3 on); put it on ext4, xfs or btrfs, or remove userns_mode.',
  },
  {
    said: /error mounting|mount `|stat'ing file|wrong fs type|overlay/i,
    code: 'MOUNT_FAILED',
    hint: 'Check that source and target of the mount are both files or both folders, and that the source exists.',
  },
  {
    said: /cgroup/i,
    hint: 'See what is mounted with `findmnt /sys/fs/cgroup`; the agent must be allowed to make cgroups (root, and not in a container).',
  },
  {
    said: /permission denied/i,
    hint: 'The program is not executable for the user it runs as; check its mode and `user`.',
  },
  {
    said: /seccomp/i,
    hint: 'The kernel or libseccomp refuses the filter; update crun and libseccomp2.',
  },
]

/** The error for what a runtime, conmon or mount has said: what was tried, the tool's words, and what to do. */
export function explain(tried: string, said: string, cause?: unknown): SetpointError {
  const text = plain(said).slice(0, 1000)
  const known = CAUSES.find((candidate) => candidate.said.test(text))
  return new SetpointError(
    known?.code ?? 'RUNTIME_FAILED',
    `${capital(tried)}: ${text || 'no reason was given'}`,
    {
      ...(known && { hint: known.hint }),
      ...(cause !== undefined && { cause }),
    },
  )
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** The last lines; of what runc logs (`time="…" level=error msg="…"`) the message. */
function plain(said: string): string {
  const text = said.trim().split('\n').slice(-3).join(' ')
  const message = /\bmsg="((?:[^"\\]|\\.)*)"/.exec(text)?.[1]
  return message === undefined ? text : message.replace(/\\(.)/g, '$1')
}
