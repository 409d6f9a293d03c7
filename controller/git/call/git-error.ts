import { type ErrorCode, messageOf, SetpointError } from '../../../schemas/error.ts'
import { redact } from '../location/redact.ts'
import { GitFailure } from './git.ts'

/** Where a failure happened, as people are told; and what must not be in that text. */
export interface Place {
  display: string
  secrets: readonly string[]
}

interface Kind {
  code: ErrorCode
  says: RegExp
  what: string
  hint: string
}

const KINDS: Kind[] = [
  {
    code: 'SOURCE_UNREACHABLE',
    says: /host key verification failed|remote host identification has changed/i,
    what: 'its ssh host key is not known or has changed',
    hint: 'Check the key and put it into known_hosts of the user that runs the controller (ssh-keyscan HOST).',
  },
  {
    code: 'SOURCE_DENIED',
    says: /authentication failed|could not read (username|password)|terminal prompts disabled|permission denied \(|http basic: access denied|returned error: 40[13]|invalid credentials|access denied/i,
    what: 'it refused the credentials',
    hint: 'Check the credentials file, the git credential helper or the ssh key of the user that runs the controller.',
  },
  {
    code: 'SOURCE_DENIED',
    says: /dubious ownership|permission denied/i,
    what: 'the controller may not read it',
    hint: 'Give the user that runs the controller read access to the repository.',
  },
  {
    code: 'SOURCE_INVALID',
    says: /transport '.*' not allowed|is not a valid attribute|unable to find remote helper|protocol '.*' is not supported/i,
    what: 'git does not fetch from such a URL here',
    hint: 'Use https://, http://, ssh://, file:// or a path.',
  },
  {
    code: 'SOURCE_INVALID',
    says: /not valid: is this a git repository|dumb http transport does not support|strange (hostname|pathname) blocked|unexpected line|protocol error: bad line/i,
    what: 'what answers there is not a git server that Setpoint can read from',
    hint: 'Check the URL; a server must speak the smart HTTP or ssh protocol.',
  },
  {
    code: 'SOURCE_UNREACHABLE',
    says: /does not appear to be a git repository|repository .*not found|no such (file or directory|repository)|returned error: 404|does not exist/i,
    what: 'there is no repository at that place',
    hint: 'Check the path or URL, and that the credentials may see it: many servers answer so when they may not.',
  },
  {
    code: 'SOURCE_UNREACHABLE',
    says: /no space left on device|disk quota exceeded/i,
    what: 'the disk of the controller is full',
    hint: 'Free space where the state folder is.',
  },
  {
    code: 'SOURCE_UNREACHABLE',
    says: /corrupt|bad object|missing (blob|tree|commit)|unresolved delta|sha1 mismatch/i,
    what: 'its object database is damaged',
    hint: 'Run git fsck in that repository.',
  },
]

const OTHERWISE: Kind = {
  code: 'SOURCE_UNREACHABLE',
  says: /^/,
  what: 'it did not answer',
  hint: 'Check the network, the name and that the server is up.',
}

/** What a person is told of a git call that failed. Other errors are handed back as they are, scrubbed. */
export function sourceError(error: unknown, place: Place): SetpointError {
  if (error instanceof SetpointError) return error
  const scrub = (text: string) => redact(text, place.secrets)
  if (!(error instanceof GitFailure)) {
    const said = messageOf(error)
    return new SetpointError('SOURCE_UNREACHABLE', `Reading ${place.display} failed: ${scrub(said)}`)
  }
  if (error.reason === 'missing') return withoutGit()
  if (error.reason === 'deadline') return told(place, { ...OTHERWISE, what: scrub(error.stderr) }, '')
  const kind = KINDS.find((candidate) => candidate.says.test(error.stderr)) ?? OTHERWISE
  return told(place, kind, lastWords(scrub(error.stderr)))
}

/** True when the fault may lie in the local object database and not at the source. */
export function isLocalFault(error: unknown): boolean {
  return (
    error instanceof GitFailure &&
    error.reason === 'exit' &&
    /not a git repository|corrupt|bad object|loose object|invalid object|index-pack|packfile|\.lock'|unable to (create|write|read)|missing (blob|tree|commit)|shallow file has changed|unresolved delta|bad config|sha1 mismatch|not a valid object|unable to unpack/i.test(
      error.stderr,
    ) &&
    !/no space left|permission denied/i.test(error.stderr)
  )
}

function withoutGit(): SetpointError {
  return new SetpointError(
    'RUNTIME_MISSING',
    'The command git is not installed on the host of the controller.',
    {
      hint: 'Install it: `apt-get install -y git`.',
    },
  )
}

function told(place: Place, kind: Kind, words: string): SetpointError {
  const quote = words === '' ? '' : ` (git: ${words})`
  return new SetpointError(kind.code, `${place.display}: ${kind.what}${quote}.`, { hint: kind.hint })
}

function lastWords(stderr: string): string {
  const lines = stderr
    .split('\n')
    .map((line) => line.replace(/^(fatal|error|remote): */, '').trim())
    .filter(
      (line) =>
        line !== '' && !/^(Please make sure|and the repository exists|Could not read from)/.test(line),
    )
  return lines.slice(-2).join(' ').replace(/\.$/, '').slice(0, 400)
}
