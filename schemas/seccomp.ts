import { closed } from './parts.ts'
import Type, { type Static } from './type.ts'

/** Bytes of a profile as JSON: Docker's own default has 12 KiB, and every task of the service carries it along. */
export const MAX_SECCOMP_BYTES = 64 * 1024

const names = Type.Array(Type.String({ pattern: '^[a-zA-Z0-9_]{1,64}$' }))
const number = Type.Integer({ minimum: 0 })
const Nothing = Type.Null()
/** SCMP_ACT_NOTIFY asks a program on the host, which there is none of. */
const Action = Type.String({
  pattern: '^SCMP_ACT_(ALLOW|ERRNO|KILL|KILL_PROCESS|KILL_THREAD|LOG|TRACE|TRAP)$',
})
const Operator = Type.String({ pattern: '^SCMP_CMP_(NE|LT|LE|EQ|GE|GT|MASKED_EQ)$' })
const architecture = Type.String({ pattern: '^SCMP_ARCH_[A-Z0-9_]{1,32}$' })

const Condition = Type.Object(
  {
    arches: Type.Optional(names),
    caps: Type.Optional(names),
    minKernel: Type.Optional(Type.String({ pattern: '^[0-9]+\\.[0-9]+$' })),
  },
  closed,
)

const Argument = Type.Object(
  {
    index: Type.Integer({ minimum: 0, maximum: 5 }),
    value: number,
    valueTwo: Type.Optional(number),
    op: Operator,
  },
  closed,
)

const Rule = Type.Object(
  {
    names: Type.Optional(names),
    /** The older form of one name. */
    name: Type.Optional(Type.String()),
    action: Action,
    errnoRet: Type.Optional(number),
    args: Type.Optional(Type.Union([Type.Array(Argument), Nothing])),
    comment: Type.Optional(Type.String()),
    /** The name of `errnoRet` in a profile of containers-common; the number counts. */
    errno: Type.Optional(Type.String()),
    includes: Type.Optional(Type.Union([Condition, Nothing])),
    excludes: Type.Optional(Type.Union([Condition, Nothing])),
  },
  closed,
)

const Architecture = Type.Object(
  { architecture, subArchitectures: Type.Optional(Type.Union([Type.Array(architecture), Nothing])) },
  closed,
)

/**
 * A filter of system calls in the form that Docker takes (docker run §security-opt, `moby/profiles/seccomp`): one
 * profile for every architecture, kernel and set of capabilities.
 */
export type SeccompProfile = Static<typeof SeccompProfile>
export const SeccompProfile = Type.Object(
  {
    defaultAction: Action,
    defaultErrnoRet: Type.Optional(number),
    defaultErrno: Type.Optional(Type.String()),
    archMap: Type.Optional(Type.Union([Type.Array(Architecture), Nothing])),
    /** In place of `archMap` in a profile that was made for one machine. */
    architectures: Type.Optional(Type.Array(architecture)),
    syscalls: Type.Optional(Type.Union([Type.Array(Rule), Nothing])),
  },
  closed,
)
