import { closed } from '../parts.ts'
import Type, { type Static } from '../type.ts'
import { RemoveVolumeRequest, VolumesRequest } from './volumes.ts'

/** How many letters a path, an argument or a pattern of a request may have. */
const MAX_TEXT = 4096
const Text = Type.String({ maxLength: MAX_TEXT })
const Cells = Type.Integer({ minimum: 1, maximum: 10_000 })

/** The log lines of tasks: of the whole stack, of one service, or of the tasks named. */
export type LogsRequest = Static<typeof LogsRequest>
export const LogsRequest = Type.Object(
  {
    kind: Type.Literal('logs'),
    stack: Text,
    service: Type.Optional(Text),
    taskId: Type.Optional(Text),
    /** Go on with what is written from now on, by tasks that start later, too. */
    follow: Type.Boolean(),
    /** ISO times. */
    since: Type.Optional(Text),
    until: Type.Optional(Text),
    /** Lines of each task before now; absent: all. */
    tail: Type.Optional(Type.Integer({ minimum: 0 })),
  },
  closed,
)

/** A command in a task's container. */
export type ExecRequest = Static<typeof ExecRequest>
export const ExecRequest = Type.Object(
  {
    kind: Type.Literal('exec'),
    taskId: Text,
    argv: Type.Array(Type.String({ maxLength: 128 * 1024 }), { minItems: 1, maxItems: 10_000 }),
    tty: Type.Boolean(),
    /** The size of the terminal, with `tty`. */
    columns: Type.Optional(Cells),
    rows: Type.Optional(Cells),
    /** `user[:group]`; absent: the container's own. */
    user: Type.Optional(Text),
    workingDir: Type.Optional(Text),
    /** `NAME=value`, over the container's own. */
    environment: Type.Array(Type.String({ maxLength: 128 * 1024 }), { maxItems: 10_000 }),
  },
  closed,
)

/** Files out of a task's container, or into it. */
export type CopyRequest = Static<typeof CopyRequest>
export const CopyRequest = Type.Object(
  {
    kind: Type.Literal('copy'),
    taskId: Text,
    direction: Type.Union([Type.Literal('in'), Type.Literal('out')]),
    /** Absolute, in the container. */
    path: Text,
    /** out: what a symbolic link leads to, in place of the link. */
    follow: Type.Optional(Type.Boolean()),
    /** in: what it is called when `path` is a folder; absent: its content goes into that folder. */
    name: Type.Optional(Text),
  },
  closed,
)

/** The processes of a task. */
export type TopRequest = Static<typeof TopRequest>
export const TopRequest = Type.Object({ kind: Type.Literal('top'), taskId: Text }, closed)

/** What a session is for. */
export type SessionRequest = Static<typeof SessionRequest>
export const SessionRequest = Type.Union([
  LogsRequest,
  ExecRequest,
  CopyRequest,
  TopRequest,
  VolumesRequest,
  RemoveVolumeRequest,
])

/** What is sealed to the host: the key of the session (32 bytes, base64) and what is asked. */
export type SessionOrder = Static<typeof SessionOrder>
export const SessionOrder = Type.Object(
  { key: Type.String({ minLength: 44, maxLength: 44 }), request: SessionRequest },
  closed,
)

/** One line of a log. */
export type LogLine = Static<typeof LogLine>
export const LogLine = Type.Object(
  {
    taskId: Type.String(),
    service: Type.String(),
    slot: Type.Integer(),
    /** ISO time in UTC, with nanoseconds. */
    at: Type.String(),
    stream: Type.String(),
    text: Type.String(),
  },
  closed,
)

/** Puts log lines in the order of their time; for `sort`. */
export function byTime(a: LogLine, b: LogLine): number {
  return a.at < b.at ? -1 : a.at > b.at ? 1 : 0
}

/** One process of a task, as the host sees it. */
export type ProcessLine = Static<typeof ProcessLine>
export const ProcessLine = Type.Object(
  {
    pid: Type.Integer(),
    /** Its number inside the container; null when it cannot be told. */
    innerPid: Type.Union([Type.Integer(), Type.Null()]),
    /** A name of the image's /etc/passwd, else the number. */
    user: Type.String(),
    /** Seconds of CPU since its start. */
    cpu: Type.Number(),
    /** Resident bytes. */
    memory: Type.Number(),
    /** ISO time. */
    startedAt: Type.String(),
    argv: Type.Array(Type.String()),
  },
  closed,
)

/** A file of a copy; the bytes of a regular file follow it. Paths are relative to what is copied, `` is itself. */
export type CopyEntry = Static<typeof CopyEntry>
export const CopyEntry = Type.Object(
  {
    path: Text,
    type: Type.Union([Type.Literal('file'), Type.Literal('folder'), Type.Literal('link')]),
    /** Permission bits. */
    mode: Type.Integer({ minimum: 0, maximum: 0o7777 }),
    /** Milliseconds since 1970. */
    modified: Type.Number(),
    /** Bytes of a file. */
    size: Type.Optional(Type.Number()),
    /** What a link leads to. */
    target: Type.Optional(Text),
  },
  closed,
)
