import type { Logging } from '../../schemas/logging.ts'
import { SHM_SIZE } from './defaults.ts'
import type { Argv } from './exec.ts'

/** Bytes, the least that conmon writes before it begins a log anew of itself. */
const LEAST_OF_CONMON = 16 * 1024 * 1024

/** Finds a program by its name, at the same path on every host. */
const ENV = '/usr/bin/env'

/** How the runtime is called on this host. */
export interface RuntimeCommand {
  /** crun or runc, an absolute path. */
  path: string
  /** What goes before every command that makes or touches a container, e.g. `nsenter --mount=…`. */
  prefix: string[]
  /** Where the runtime keeps its own state: `<run>/<runtime>`. */
  root: string
}

export interface ConmonFiles {
  id: string
  bundle: string
  pidFile: string
  conmonPidFile: string
  exitDir: string
  log: string
  logging: Required<Logging>
  /** The container's standard input and output are a terminal. */
  terminal?: boolean
  /** Its standard input stays open. */
  stdin?: boolean
}

/** conmon(8): it makes the container, reports its pid on the sync pipe, and keeps its log and exit code. */
export function conmonArgv(command: RuntimeCommand, files: ConmonFiles): Argv {
  return prefixed(command.prefix, [
    ...conmonFor(command, files),
    `--conmon-pidfile=${files.conmonPidFile}`,
    `--exit-dir=${files.exitDir}`,
    ...logArguments(files),
    '--log-level=error',
    '--full-attach',
    '--no-sync-log',
    ...(files.terminal ? ['--terminal'] : []),
    ...(files.stdin ? ['--stdin'] : []),
    `--runtime-arg=--root=${command.root}`,
  ])
}

/**
 * The file is written beside the journal, as with Docker's dual logging, so that `setpoint logs` can read it. The agent
 * begins new files; for when the agent is away, conmon has a limit of its own, at which it puts a new file in the place of
 * the log. It counts over the files that the agent begins (measured with 2.1.6), so it comes to its limit while the agent
 * runs as well; the agent then keeps the old file (logs/rotation.ts). That has to be before the next time: the least is high.
 */
function logArguments({ log, logging: { driver, maxSize, maxFiles } }: ConmonFiles): string[] {
  if (driver === 'none') return ['--log-path=none']
  return [
    `--log-path=k8s-file:${log}`,
    ...(driver === 'journald' ? ['--log-path=journald'] : []),
    `--log-size-max=${Math.max(maxSize * maxFiles, LEAST_OF_CONMON)}`,
  ]
}

/** What conmon is told of a container, or of a command in one. */
function conmonFor(
  { path }: Pick<RuntimeCommand, 'path'>,
  files: Pick<ConmonFiles, 'id' | 'bundle' | 'pidFile'>,
): Argv {
  return [
    'conmon',
    '--api-version=1',
    `--cid=${files.id}`,
    `--cuuid=${files.id}`,
    `--name=${files.id}`,
    `--runtime=${path}`,
    `--bundle=${files.bundle}`,
    `--container-pidfile=${files.pidFile}`,
  ]
}

export function startArgv(command: RuntimeCommand, id: string): Argv {
  return runtimeArgv(command, ['start', id])
}

export function deleteArgv(command: RuntimeCommand, id: string): Argv {
  return runtimeArgv(command, ['delete', '--force', id])
}

export interface ExecOptions {
  id: string
  /** Where the runtime writes the host's pid of the process. */
  pidFile: string
  argv: string[]
  /** A description of the process (runtime-spec §process), in place of `argv`. */
  file?: string | undefined
}

export function execArgv(command: RuntimeCommand, { id, pidFile, argv, file }: ExecOptions): Argv {
  const what = file === undefined ? [id, ...argv] : [`--process=${file}`, id]
  return runtimeArgv(command, ['exec', `--pid-file=${pidFile}`, ...what])
}

export interface ProcessFiles {
  id: string
  /** A runtime-spec process in JSON. */
  process: string
  pidFile: string
  /** The OOM score adjustment of the container; undefined: the agent's own. */
  oomScore?: number | undefined
}

export function execProcessArgv(
  command: RuntimeCommand,
  { id, process, pidFile, oomScore }: ProcessFiles,
): Argv {
  const argv = runtimeArgv(command, ['exec', `--process=${process}`, `--pid-file=${pidFile}`, id])
  return prefixed(scored(oomScore), argv)
}

/** choom(1): what it starts has this score. crun sets none for a command in a container. */
function scored(oomScore: number | undefined): string[] {
  return oomScore === undefined ? [] : ['choom', '-n', String(oomScore), '--']
}

/** What conmon needs for a command with a terminal. */
export interface TerminalFiles extends ProcessFiles {
  /** Where it makes its `attach` and `ctl`. */
  folder: string
  /** A FIFO that gets the output. */
  output: string
}

/** conmon(8): it holds the terminal of a command in a container, and gives its exit code on the sync pipe. */
export function terminalArgv(command: RuntimeCommand, files: TerminalFiles): Argv {
  // conmon gives what it starts a score of 0, so it is to start choom, and wants a path for it
  const [path, ...args] =
    files.oomScore === undefined ? [command.path] : [ENV, ...scored(files.oomScore), command.path]
  return prefixed(command.prefix, [
    ...conmonFor({ path }, { ...files, bundle: files.folder }),
    `--log-path=k8s-file:${files.output}`,
    '--log-level=error',
    '--full-attach',
    '--no-sync-log',
    '--sync',
    '--exec',
    '--exec-attach',
    `--exec-process-spec=${files.process}`,
    '--terminal',
    '--stdin',
    ...[...args, `--root=${command.root}`].map((argument) => `--runtime-arg=${argument}`),
  ])
}

/** socat(1): what comes on its standard input goes to a SOCK_SEQPACKET socket, which Node cannot speak to. */
export function toAttachArgv(socket: string): Argv {
  return ['socat', 'STDIN!!OPEN:/dev/null,wronly', `UNIX-CONNECT:${socket},type=5`]
}

export function fifoArgv(path: string): Argv {
  return ['mkfifo', '--mode=0600', path]
}

export function versionArgv({ path, prefix }: Pick<RuntimeCommand, 'path' | 'prefix'>): Argv {
  return prefixed(prefix, [path, '--version'])
}

export interface Overlay {
  lower: string
  upper: string
  work: string
  target: string
}

/** overlayfs: a writable layer over an image. The paths hold no comma (`createRuntime` sees to it). */
export function overlayArgv(overlay: Overlay): Argv {
  return ['mount', '-t', 'overlay', 'overlay', '-o', overlayOptions(overlay), overlay.target]
}

/** The same mount as a line of fstab(5), which writes white space and backslashes as octal. */
export function overlayLine(overlay: Overlay): string {
  const [target, options] = [overlay.target, overlayOptions(overlay)].map((text) =>
    text.replace(/[\s\\#]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`),
  )
  return `overlay ${target} overlay ${options} 0 0\n`
}

function overlayOptions({ lower, upper, work }: Overlay): string {
  return `lowerdir=${escapeColon(lower)},upperdir=${upper},workdir=${work}`
}

/** @param size bytes */
export function memoryArgv(target: string, size = SHM_SIZE): Argv {
  return ['mount', '-t', 'tmpfs', '-o', `nosuid,noexec,nodev,mode=1777,size=${size}`, 'shm', target]
}

export function unmountArgv(target: string): Argv {
  return ['umount', target]
}

/** Takes a mount and all below it out of sight at once, whoever still uses it. */
export function detachArgv(target: string): Argv {
  return ['umount', '--lazy', target]
}

/** Shows a folder or file at another one of its kind. */
export function bindArgv(source: string, target: string): Argv {
  return ['mount', '--no-canonicalize', '--bind', source, target]
}

/** Makes a folder a mount of its own that passes nothing on. */
export function bindOnSelfArgv(folder: string): Argv {
  return ['mount', '--bind', '--make-private', folder, folder]
}

export function shareArgv(folder: string): Argv {
  return ['mount', '--make-shared', folder]
}

/** A mount namespace that lasts, held by `file`: what is unmounted in it stays mounted on the host. */
export function viewArgv(file: string, unmounted: string[]): Argv {
  return ['unshare', `--mount=${file}`, '--propagation=slave', 'umount', '--lazy', ...unmounted]
}

/** The prefix of a command that is to run in such a namespace, in a working directory (entering would make it `/`). */
export function inView(file: string, directory: string): string[] {
  return ['nsenter', `--mount=${file}`, `--wd=${directory}`]
}

/** Separates the layers in overlayfs' own syntax. */
function escapeColon(path: string): string {
  return path.replace(/[\\:]/g, '\\$&')
}

function runtimeArgv({ path, prefix, root }: RuntimeCommand, rest: string[]): Argv {
  return prefixed(prefix, [path, `--root=${root}`, ...rest])
}

function prefixed(prefix: string[], argv: Argv): Argv {
  const [command, ...args] = [...prefix, ...argv] as Argv
  return [command, ...args]
}
