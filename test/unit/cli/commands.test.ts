import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { run } from '../../../controller/cli/program.ts'
import { setSecret } from '../../../controller/cli/secret.ts'
import { SetpointError } from '../../../schemas/error.ts'
import { newIdentity, recipientOf, unseal } from '../../../schemas/sealing/seal.ts'
import { aCondition, aStack, aStatus, pieces, RECIPIENT } from '../api/fake-service.ts'
import { startApi, type TestApi, testContext } from './api-at.ts'

let api: TestApi

beforeEach(async () => {
  api = await startApi()
})

afterEach(() => api.close())

const setpoint = (...argv: string[]) => run(argv, api.context)
const output = () => JSON.parse(api.context.stdout.join('\n'))
const notReady = aStack({
  outcome: 'degraded',
  conditions: [aCondition('Ready', 'False', 'X', 'one task is down')],
})

/** A status in which every stack is Ready and the source has an error. */
function failing(code: string) {
  const document = aStatus()
  const error = { code, message: 'no answer' }
  return { ...document, sources: document.sources.map((one) => ({ ...one, error })) }
}

describe('the pause between two polls', () => {
  it.each(['up', 'controller'])('of %s is a second at least', async (command) => {
    expect(await setpoint(command, '--interval', '0')).toBe(2)
    expect(api.context.stderr.join()).toContain('Give 1s or more, as in 30s.')
  })
})

describe('status', () => {
  it('exits with 0 when all is Ready, and prints the JSON of the API', async () => {
    expect(await setpoint('status', '--output', 'json')).toBe(0)
    expect(output()).toEqual(api.service.document)
  })

  it('exits with 1 when a stack is not Ready, but only for that stack', async () => {
    api.service.change(aStatus(notReady, aStack({ name: 'other' })))
    expect(await setpoint('status')).toBe(1)
    expect(await setpoint('status', 'hello')).toBe(1)
    expect(await setpoint('status', 'other')).toBe(0)
  })

  it('exits with 1 while a source has never been read: it may hold stacks that nobody knows of', async () => {
    const document = aStatus()
    api.service.change({
      ...document,
      stacks: [],
      sources: document.sources.map((one) => ({ ...one, revision: null })),
    })
    expect(await setpoint('status')).toBe(1)
  })

  it('exits with 1 while a source cannot be read: it may want something else by now', async () => {
    api.service.change(failing('SOURCE_UNREACHABLE'))
    expect(await setpoint('status')).toBe(1)
    expect(await setpoint('status', 'hello')).toBe(1)
    const document = failing('SOURCE_UNREACHABLE')
    api.service.change({ ...document, stacks: [aStack({ source: 'another' })] })
    expect(await setpoint('status', 'hello')).toBe(0)
  })

  it('exits with 2 for an unknown stack and an unreachable controller, with message and hint on stderr', async () => {
    expect(await setpoint('status', 'nope')).toBe(2)
    expect(api.context.stderr).toEqual(['setpoint: there is no stack "nope"', '  see setpoint status'])
    const nowhere = testContext({ SETPOINT_API: 'unix:/nonexistent/api.sock' })
    expect(await run(['status'], nowhere)).toBe(2)
    expect(nowhere.stderr[0]).toBe('setpoint: No controller answers at unix:/nonexistent/api.sock (ENOENT).')
    expect(nowhere.stdout).toEqual([])
  })
})

describe('status --wait', () => {
  it('has the sources read first, then waits until all is Ready', async () => {
    api.service.change(aStatus(notReady))
    const waiting = setpoint('status', '--wait', '20s')
    await someoneListens()
    api.service.change(aStatus())
    expect(await waiting).toBe(0)
    expect(api.service.calls).toEqual([['sync']])
  })

  it('ends early when the stack is Stalled', async () => {
    api.service.change(aStatus(notReady))
    const waiting = setpoint('status', 'hello', '--wait', '10m')
    await someoneListens()
    api.service.change(
      aStatus(aStack({ ...notReady, conditions: [aCondition('Stalled', 'True', 'RolledBack', 'no')] })),
    )
    expect(await waiting).toBe(1)
  })

  it('ends with 1 when the time is up', async () => {
    api.service.change(aStatus(notReady))
    expect(await setpoint('status', '--wait', '50ms')).toBe(1)
  })

  it('does not take a status for the truth while a source cannot be read', async () => {
    api.service.change(failing('SOURCE_UNREACHABLE'))
    const waiting = setpoint('status', '--wait', '20s')
    await someoneListens()
    api.service.change(aStatus())
    expect(await waiting).toBe(0)
  })

  it('ends early when a source has something that only a commit can fix', async () => {
    api.service.change(aStatus(notReady))
    const waiting = setpoint('status', '--wait', '10m')
    await someoneListens()
    api.service.change(failing('SOURCE_EMPTIED'))
    expect(await waiting).toBe(1)
  })

  it('waits for a controller that is only starting', async () => {
    let syncs = 0
    api.service.sync = async () => {
      syncs += 1
      if (syncs === 1) throw new SetpointError('NOT_LEADER', 'another controller leads')
    }
    expect(await setpoint('status', '--wait', '20s')).toBe(0)
    expect(syncs).toBe(2)
  })

  /** Resolves when the command has asked for the status and found it wanting: its sync is done. */
  async function someoneListens(): Promise<void> {
    const { status } = api.service
    await new Promise<void>((resolve) => {
      api.service.status = (stack) => {
        resolve()
        return status(stack)
      }
    })
  }
})

describe('plan', () => {
  const changes = [{ summary: 'start hello/web.1', fields: [] }]

  it('exits with 0 when nothing would change, else with 1', async () => {
    expect(await setpoint('plan')).toBe(0)
    api.service.plan = () => ({ stacks: [{ name: 'hello', revision: null, changes, problems: [] }] })
    expect(await setpoint('plan', '--output', 'json')).toBe(1)
    expect(await setpoint('plan', '--source', '/nonexistent')).toBe(2)
    expect(api.context.stderr.at(-1)).toMatch(/^ {2}Check the path or URL/)
  })
})

describe('the other commands', () => {
  it('drift exits with 1 when something has drifted', async () => {
    expect(await setpoint('drift')).toBe(0)
    const item = {
      stack: 'hello',
      service: 'web',
      taskId: 't',
      host: 'alpha',
      field: 'memory',
      wanted: '1',
      found: '2',
    }
    api.service.drift = () => [{ ...item, since: '2026-01-01T10:00:00Z', handling: 'report' }]
    expect(await setpoint('drift', 'hello', '--output', 'json')).toBe(1)
  })

  it('rollback says what happens and how to see it through', async () => {
    expect(await setpoint('rollback', 'hello', 'c0ffee')).toBe(0)
    expect(api.service.calls).toEqual([['rollback', 'hello', 'c0ffee']])
    expect(api.context.stdout).toEqual([
      'hello goes back to ea12bee, as in c0ffee, until a newer commit.',
      '  see it through with: setpoint status hello',
    ])
    api.service.rollback = () =>
      Promise.reject(new SetpointError('REVISION_NOT_FOUND', 'no healthy revision c0ffee of hello'))
    expect(await setpoint('rollback', 'hello', 'c0ffee')).toBe(2)
  })

  it('sync tells where each source is, and exits with 1 when one could not be read', async () => {
    expect(await setpoint('sync')).toBe(0)
    expect(api.context.stdout).toEqual(['demo (main) is at c0ffee1'])
    for (const source of api.service.document.sources) source.error = { code: 'X', message: 'no answer' }
    expect(await setpoint('sync')).toBe(1)
  })

  const line = {
    taskId: 'hello-web-1-aaaa',
    service: 'web',
    slot: 1,
    at: '2026-01-01T10:00:00Z',
    stream: 'stdout',
    text: 'up',
  }

  it('logs asks for so many lines of a service', async () => {
    api.service.logs = (query) => {
      api.service.calls.push([query])
      return pieces([{ lines: [line] }])
    }
    expect(await setpoint('logs', 'hello/web', '--tail', '5', '--since', '10m')).toBe(0)
    expect(await setpoint('logs', 'hello', '--tail', 'all')).toBe(0)
    expect(api.service.calls).toEqual([
      [{ stack: 'hello', target: 'web', tail: 5, since: '2026-01-01T09:50:00.000Z', follow: false }],
      [{ stack: 'hello', follow: false }],
    ])
    expect(api.context.stdout).toEqual(['web.1 | up', 'web.1 | up'])
    expect(await setpoint('logs', 'a/b/c')).toBe(2)
    expect(await setpoint('logs', 'hello/web', '--tail', '-1')).toBe(2)
    expect(await setpoint('logs', 'hello/web', '--since', 'yesterday')).toBe(2)
  })

  it('logs tells of hosts that are missing, and why it broke off', async () => {
    const missing = { host: 'beta', error: { code: 'SESSION_LOST' as const, message: 'beta is silent.' } }
    api.service.logs = () => pieces([{ lines: [line] }, { missing }])
    expect(await setpoint('logs', 'hello', '--no-prefix', '-t')).toBe(1)
    expect(api.context.stdout).toEqual(['2026-01-01T10:00:00Z up'])
    expect(api.context.stderr).toEqual(['setpoint: the logs of host beta are missing: beta is silent.'])
    api.service.logs = async function* () {
      yield { lines: [line] }
      throw new SetpointError('SESSION_BROKEN', 'Broke off.', { hint: 'Again.' })
    }
    expect(await setpoint('logs', 'hello', '--follow', '--output', 'json')).toBe(2)
    expect(JSON.parse(api.context.stdout.at(-1) ?? '')).toEqual(line)
    expect(api.context.stderr.slice(1)).toEqual(['setpoint: Broke off.', '  Again.'])
  })

  it('exec tells with 125 that it could not even begin', async () => {
    expect(await setpoint('exec', 'hello/web', '-T', '-e', 'A=1', '--', 'ls', '-l')).toBe(125)
    expect(api.service.calls).toEqual([
      [
        'openSession',
        'hello/web',
        { kind: 'exec', taskId: 'hello/web', argv: ['ls', '-l'], tty: false, environment: ['A=1'] },
      ],
    ])
    expect(api.context.stderr).toEqual(['setpoint: There is no task hello/web.'])
    expect(await setpoint('exec', 'hello/web')).toBe(2)
  })

  it('secret set seals the value to the controller before it is sent', async () => {
    const identity = newIdentity()
    api.service.recipient = recipientOf(identity)
    const value = Buffer.from('hunter2-canary\n')
    expect(await setSecret(api.context, { name: 'db', value, output: 'json' })).toBe(0)
    expect(api.service.calls).toEqual([['setSecret', 'db']])
    const [sealed = Buffer.alloc(0)] = api.service.sealed
    expect(sealed.includes('canary')).toBe(false)
    expect(await unseal(identity, sealed)).toEqual(value)
    expect(output()).toMatchObject({ secret: { name: 'db' } })
    const nothing = setSecret(api.context, { name: 'db', value: Buffer.alloc(0), output: 'table' })
    await expect(nothing).rejects.toMatchObject({ code: 'USAGE' })
  })

  it('secret list and rm', async () => {
    api.service.external = [
      { name: 'db', digest: 'd1'.repeat(32), set: new Date().toISOString(), usedBy: ['web/app'] },
    ]
    expect(await setpoint('secret', 'list')).toBe(0)
    expect(api.context.stdout.join('\n')).toMatch(/^db {6}d1d1d1d1d1d1 .* web\/app$/m)
    expect(await setpoint('secret', 'rm', 'db')).toBe(0)
    expect(api.service.calls).toEqual([['removeSecret', 'db']])
  })

  it('hosts rm tells what is placed anew, and which volumes stay behind', async () => {
    expect(await setpoint('hosts', 'rm', 'beta')).toBe(0)
    expect(api.context.stdout).toEqual(['beta is forgotten. Placed anew:', '  hello/web.2'])
    expect(api.context.stderr).toEqual([
      'setpoint: the volume hello_data of hello was on beta: what was in it does not move along',
    ])
    expect(api.service.calls).toEqual([['forgetHost', 'beta']])
  })

  it('hosts trust takes the key that a host reports, or only the one named', async () => {
    expect(await setpoint('hosts', 'trust', 'alpha')).toBe(0)
    expect(api.context.stdout).toEqual([`alpha is trusted with the key ${RECIPIENT}.`])
    expect(await setpoint('hosts', 'trust', 'alpha', 'age1other', '--output', 'json')).toBe(0)
    expect(JSON.parse(api.context.stdout.slice(1).join('\n'))).toEqual({
      host: 'alpha',
      recipient: 'age1other',
    })
    expect(api.service.calls).toEqual([
      ['trust', 'alpha', undefined],
      ['trust', 'alpha', 'age1other'],
    ])
    expect(await setpoint('hosts', 'trust')).toBe(2)
  })

  it('exec takes -it, which people are used to, and tells of a -- that is missing', async () => {
    expect(await setpoint('exec', '-iT', 'hello/web', '--', 'sh')).toBe(125)
    expect(api.service.calls).toHaveLength(1)
    expect(await setpoint('exec', 'hello/web', 'ls', '-l')).toBe(2)
    expect(api.context.stderr.slice(-2).join('\n')).toBe(
      "setpoint: unknown option '-l'\n  what is for the command comes after --, as in: exec shop/web -- ls -l",
    )
  })

  it('top takes a name without a service for a stack, else for the id of a task', async () => {
    const place = { taskId: 'hello-web-1-aaaa', service: 'web', slot: 1, host: 'alpha' }
    const process = {
      pid: 4242,
      innerPid: 1,
      user: 'www',
      cpu: 1.5,
      memory: 2 ** 20,
      argv: ['serve', '-p', '80'],
    }
    const processes = [{ ...process, startedAt: '2026-01-01T09:59:00.000Z' }]
    api.service.stackProcessesDocument = { stack: 'hello', tasks: [{ ...place, processes }], missing: [] }
    expect(await setpoint('top', 'hello')).toBe(0)
    expect(api.context.stdout[1]).toMatch(
      /^hello\/web\.1 +alpha +4242 +1 +www +1\.5s +1 MB +1m +serve -p 80$/,
    )
    expect(await setpoint('top', 'hello-web')).toBe(0)
    expect(await setpoint('top', 'hello/web')).toBe(0)
    expect(api.service.calls).toEqual([
      ['stackProcesses', 'hello'],
      ['processes', 'hello-web'],
      ['processes', 'hello/web'],
    ])
    expect(await setpoint('top', 'nope')).toBe(2)
    expect(api.context.stderr.splice(0)).toEqual([
      'setpoint: There is no stack nope. There is no task nope.',
      '  see setpoint status',
    ])
    const error = { code: 'SESSION_LOST' as const, message: 'alpha did not answer within 10 s.' }
    api.service.stackProcessesDocument = { stack: 'hello', tasks: [], missing: [{ ...place, error }] }
    expect(await setpoint('top', 'hello')).toBe(1)
    expect(api.context.stdout.at(-1)).toBe('No task of hello runs.')
    expect(api.context.stderr).toEqual([
      'setpoint: hello/web.1 on alpha is missing: alpha did not answer within 10 s.',
    ])
  })

  it('volumes asks for what was asked, and tells of hosts that do not answer', async () => {
    expect(await setpoint('volumes', 'hello', '--size', '--unused', '--output', 'json')).toBe(0)
    expect(output()).toEqual({ volumes: [], missing: [], unread: [] })
    expect(api.service.calls).toEqual([['volumes', { stack: 'hello', size: true, unused: true }]])
    expect(await setpoint('volumes', 'hello', '--unused')).toBe(0)
    expect(api.context.stdout.at(-1)).toBe('Stack hello has no volume that could be removed.')
    const error = { code: 'SESSION_LOST' as const, message: 'beta does not report.' }
    api.service.volumesDocument = { volumes: [], missing: [{ host: 'beta', error }], unread: [] }
    expect(await setpoint('volumes')).toBe(1)
    expect(api.context.stderr).toEqual([
      'setpoint: the volumes of host beta are missing: beta does not report.',
    ])
    expect(api.service.calls.at(-1)).toEqual(['volumes', { size: false, unused: false }])
  })

  it('volumes rm removes by name, on one host when it is named', async () => {
    expect(await setpoint('volumes', 'rm')).toBe(2)
    expect(await setpoint('volumes', 'rm', 'a', 'b', '--host', 'beta')).toBe(0)
    expect(api.context.stdout).toEqual(['a is removed from beta.', 'b is removed from beta.'])
    expect(await setpoint('volumes', 'rm', 'a', '--output', 'json')).toBe(0)
    expect(JSON.parse(api.context.stdout.slice(2).join('\n'))).toEqual({
      removed: [{ name: 'a', host: 'alpha' }],
      absent: [],
    })
    expect(api.service.calls).toEqual([
      ['removeVolumes', { names: ['a', 'b'], host: 'beta' }],
      ['removeVolumes', { names: ['a'] }],
    ])
  })

  it('history, hosts and version print', async () => {
    expect(await setpoint('history', 'hello')).toBe(0)
    expect(await setpoint('hosts')).toBe(0)
    expect(await setpoint('version')).toBe(0)
    expect(api.context.stdout.at(-2)).toMatch(/^controller {2}\d+\.\d+\.\d+ at http:\/\/127\.0\.0\.1:\d+$/)
  })
})

describe('the command line', () => {
  it('explains itself', async () => {
    expect(await setpoint('--help')).toBe(0)
    const help = api.context.stdout.join('\n')
    for (const word of ['SETPOINT_API', 'SETPOINT_TOKEN', 'Exit code', 'Examples', 'rollback', 'validate']) {
      expect(help).toContain(word)
    }
  })

  it('refuses what it does not know with 2', async () => {
    expect(await setpoint('nope')).toBe(2)
    expect(await setpoint('status', '--outptu', 'json')).toBe(2)
    expect(await setpoint('status', 'a', 'b')).toBe(2)
    expect(await setpoint('status', '--wait', 'soon')).toBe(2)
    expect(api.context.stderr.filter((line) => line.startsWith('setpoint: '))).toHaveLength(4)
  })
})
