import { describe, expect, it } from 'vitest'
import { driftView } from '../../../controller/cli/format/drift-view.ts'
import { historyView } from '../../../controller/cli/format/history-view.ts'
import { hostsView } from '../../../controller/cli/format/hosts-view.ts'
import { createLogsView } from '../../../controller/cli/format/logs-view.ts'
import { painter, visible } from '../../../controller/cli/format/paint.ts'
import { planView } from '../../../controller/cli/format/plan-view.ts'
import { statusView } from '../../../controller/cli/format/status-view.ts'
import { table } from '../../../controller/cli/format/table.ts'
import { volumesView } from '../../../controller/cli/format/volumes-view.ts'
import { age, bytes, clip, count } from '../../../controller/cli/format/words.ts'
import type { HistoryEntry } from '../../../schemas/record.ts'
import { shortRevision } from '../../../schemas/revision.ts'
import type { HostStatus, TaskView, VolumeStatus } from '../../../schemas/status.ts'
import { aCondition, aStack, aStatus, REVISION } from '../api/fake-service.ts'

const now = new Date('2026-01-01T10:00:00.000Z')
const paint = painter(false)
const BAD = 'bad0bad01234567890bad0bad01234567890bad0b'

/** Lines with a bar at their end, so that blanks there would show. */
const shown = (lines: string[]) => `\n${lines.join('\n')}\n`

describe('status', () => {
  it('shows a converged fleet in two tables', () => {
    expect(shown(statusView(aStatus(), { paint, now, tasks: false }))).toMatchInlineSnapshot(`
      "
      STACK  OUTCOME    READY  REVISION  TASKS  SOURCE  SINCE
      hello  converged  yes    c0ffee1   1/1    demo    3m

      SERVICE    RUNNING  SERVING  IMAGE                         PORTS
      hello/web  1/1      1        docker.io/library/nginx:1.29  8080->80/tcp
      "
    `)
  })

  it('shows the tasks of one stack', () => {
    expect(shown(statusView(aStatus(), { paint, now, tasks: true }))).toMatchInlineSnapshot(`
      "
      STACK  OUTCOME    READY  REVISION  TASKS  SOURCE  SINCE
      hello  converged  yes    c0ffee1   1/1    demo    3m

      SERVICE    RUNNING  SERVING  IMAGE                         PORTS
      hello/web  1/1      1        docker.io/library/nginx:1.29  8080->80/tcp

      TASK         ID                HOST   STATE    HEALTH   PID   ADDRESS    RESTARTS  UP  MESSAGE
      hello/web.1  hello-web-1-aaaa  alpha  running  healthy  4242  10.89.0.2  0         3m  -
      "
    `)
  })

  it('shows as an error what keeps a task from serving, not what is over or went well', () => {
    const error = { code: 'TASK_EXITED', message: 'it was killed by SIGKILL' }
    const errorOf = (changes: Partial<TaskView>) => {
      const stack = aStack()
      for (const service of stack.services) {
        service.tasks = service.tasks.map((task) => ({ ...task, ...changes }))
      }
      return statusView(aStatus(stack), { paint, now, tasks: true }).at(-1)?.split(/ {2,}/).at(-1)
    }
    expect(errorOf({ restarts: 1, exitCode: 137, error })).toBe('-')
    expect(errorOf({ health: 'starting', exitCode: 137, error })).toBe('it was killed by SIGKILL')
    expect(errorOf({ state: 'complete', health: 'none', exitCode: 0 })).toBe('-')
    expect(errorOf({ state: 'failed', health: 'none', exitCode: 3 })).toBe('exit code 3')
    expect(errorOf({ state: 'preparing', message: 'pulling x: 3 MB, 2 layers' })).toBe(
      'pulling x: 3 MB, 2 layers',
    )
  })

  it.each([
    [false, `${'long '.repeat(11)}long…`],
    [true, 'long '.repeat(30).trim()],
  ])('shows messages in full where they may be as long as they are: %j', (full, shownAs) => {
    const stack = aStack()
    for (const service of stack.services) {
      const message = 'long '.repeat(30).trim()
      service.tasks = service.tasks.map((task) => ({ ...task, state: 'preparing', message }))
    }
    const lines = statusView(aStatus(stack), { paint, now, tasks: true, full })
    expect(lines.find((line) => line.includes('preparing'))).toMatch(new RegExp(` ${shownAs}$`))
  })

  it('ends what a tool said before it goes on', () => {
    const stack = aStack()
    for (const service of stack.services) {
      service.tasks = service.tasks.map((task) => ({
        ...task,
        state: 'failed',
        error: { code: 'RUNTIME_FAILED', message: 'exec /nope: No such file or directory', hint: 'Look.' },
        restartAt: new Date(now.getTime() + 3_000).toISOString(),
      }))
    }
    expect(statusView(aStatus(stack), { paint, now, tasks: true })).toContain(
      'hello/web.1 on alpha: exec /nope: No such file or directory. It starts again in 3s.',
    )
  })

  it('shows what a task died of, and when it starts again', () => {
    const stack = aStack()
    for (const service of stack.services) {
      service.tasks = service.tasks.map((task) => ({
        ...task,
        state: 'failed',
        error: {
          code: 'TASK_EXITED',
          message: 'web.1 was killed for lack of memory.',
          hint: 'Raise the limit.',
        },
        ended: { exitCode: 137, signal: 'SIGKILL', oomKilled: true, at: now.toISOString(), log: ['growing'] },
        probes: [{ exitCode: 1, output: 'slow', at: now.toISOString() }],
        restartAt: new Date(now.getTime() + 20_000).toISOString(),
      }))
    }
    expect(shown(statusView(aStatus(stack), { paint, now, tasks: true }).slice(-4))).toMatchInlineSnapshot(`
      "
      hello/web.1 on alpha: web.1 was killed for lack of memory. It starts again in 20s.
        Raise the limit.
          probe | slow
          log | growing
      "
    `)
  })

  it('shows when a task starts again that wrote nothing', () => {
    const stack = aStack()
    for (const service of stack.services) {
      service.tasks = service.tasks.map((task) => ({
        ...task,
        state: 'rejected',
        error: { code: 'IMAGE_NOT_FOUND', message: 'x:1 is not on this host' },
        restartAt: new Date(now.getTime() + 20_000).toISOString(),
      }))
    }
    expect(statusView(aStatus(stack), { paint, now, tasks: true })).toContain(
      'hello/web.1 on alpha: x:1 is not on this host. It starts again in 20s.',
    )
  })

  it('shows why a stack was rolled back, what is wrong with a commit, and what does not answer', () => {
    const document = aStatus(
      aStack({
        outcome: 'rolledBack',
        revision: { attempted: BAD, applied: REVISION },
        conditions: [
          aCondition('Ready', 'False', 'RolledBack', 'web.1 failed its healthcheck'),
          aCondition('Stalled', 'True', 'RolledBack', 'web.1 failed its healthcheck'),
          aCondition('Drifted', 'True', 'FieldsDiffer', '1 field differs'),
        ],
        failure: {
          service: 'web',
          slot: 1,
          taskId: 'hello-web-1-bbbb',
          host: 'alpha',
          code: 'HEALTH_FAILED',
          message: 'the healthcheck failed 3 times',
          exitCode: 137,
          probe: 'wget: server returned 500\u001b[31m\n',
          log: ['starting', 'cannot read /etc/app.conf', ''],
          at: '2026-01-01T09:59:00.000Z',
        },
        problems: ['hello/compose.yaml:3:5 services.web.imge: unknown key'],
      }),
    )
    const [source] = document.sources
    if (source)
      source.error = { code: 'SOURCE_UNREACHABLE', message: 'it did not answer', hint: 'is the network up?' }
    const [host] = document.hosts
    if (host) host.state = 'lost'
    expect(shown(statusView(document, { paint, now, tasks: false }))).toMatchInlineSnapshot(`
      "
      STACK  OUTCOME     READY  REVISION               TASKS  SOURCE  SINCE
      hello  rolledBack  no     c0ffee1 (not bad0bad)  1/1    demo    3m

      SERVICE    RUNNING  SERVING  IMAGE                         PORTS
      hello/web  1/1      1        docker.io/library/nginx:1.29  8080->80/tcp

      hello: web.1 failed its healthcheck
      hello: 1 field differs
        hello/web.1 on alpha: the healthcheck failed 3 times
          probe | wget: server returned 500\\x1b[31m
          log | starting
          log | cannot read /etc/app.conf
        hello/compose.yaml:3:5 services.web.imge: unknown key
      source demo: it did not answer (/srv/demo.git; what was read 0s ago stays in force)
        is the network up?
      host alpha: lost, last seen 0s ago
      "
    `)
  })

  it('says so when there is nothing', () => {
    expect(
      statusView({ ...aStatus(), stacks: [], hosts: [], sources: [] }, { paint, now, tasks: false }),
    ).toEqual(['There are no stacks.'])
  })

  it('tells a revision on its way from one that was given up', () => {
    const revision = { attempted: BAD, applied: REVISION }
    const row = (outcome: 'rolling' | 'stalled', applied: string | null = REVISION) =>
      statusView(aStatus(aStack({ outcome, revision: { ...revision, applied } })), {
        paint,
        now,
        tasks: false,
      })[1]
    expect(row('rolling')).toContain('c0ffee1 → bad0bad')
    expect(row('stalled')).toContain('c0ffee1 (not bad0bad)')
    expect(row('rolling', null)).toContain('→ bad0bad')
  })
})

describe('the other views', () => {
  it('shows a plan with the fields that led to it', () => {
    const document = {
      stacks: [
        {
          name: 'hello',
          revision: REVISION,
          changes: [
            {
              summary: 'replace hello/web.1 (start-first)',
              fields: [{ path: 'container.image.reference', from: 'nginx:1.28', to: 'nginx:1.29' }],
            },
            { summary: 'start hello/web.2', fields: [] },
          ],
          problems: [],
        },
        { name: 'quiet', revision: REVISION, changes: [], problems: [] },
      ],
    }
    expect(shown(planView(document, paint))).toMatchInlineSnapshot(`
      "
      hello at c0ffee1
        replace hello/web.1 (start-first)
            container.image.reference: nginx:1.28 → nginx:1.29
        start hello/web.2

      2 changes in 1 stack.
      "
    `)
    expect(planView({ stacks: document.stacks.slice(1) }, paint)).toEqual(['Nothing to change in 1 stack.'])
  })

  it('shows drift, a field a line', () => {
    const item = {
      stack: 'hello',
      service: 'web',
      taskId: 'hello-web-1-aaaa',
      host: 'alpha',
      field: 'memory',
      wanted: '268435456',
      found: 'unlimited',
      since: '2026-01-01T09:59:30.000Z',
      handling: 'heal' as const,
    }
    expect(shown(driftView([item], paint, now))).toMatchInlineSnapshot(`
      "
      SERVICE    TASK              HOST   FIELD   WANTED     FOUND      SINCE  HANDLING
      hello/web  hello-web-1-aaaa  alpha  memory  268435456  unlimited  30s    being healed
      "
    `)
    expect(driftView([], paint, now)).toEqual(['Nothing has drifted.'])
  })

  it('shows the history, with the reason where it went wrong', () => {
    const entry: HistoryEntry = {
      id: 'one',
      revision: REVISION,
      digest: 'd',
      direction: 'forward',
      startedAt: '2026-01-01T09:00:00.000Z',
      finishedAt: '2026-01-01T09:00:04.200Z',
      outcome: 'converged',
      trigger: 'commit',
    }
    const failure = {
      service: 'web',
      slot: 1,
      taskId: 't',
      host: 'alpha',
      code: 'TASK_EXITED',
      message: 'it exited',
      at: entry.startedAt,
    }
    const entries: HistoryEntry[] = [
      {
        ...entry,
        revision: REVISION,
        direction: 'back',
        trigger: 'automatic',
        outcome: 'rolling',
        finishedAt: undefined as never,
      },
      { ...entry, revision: BAD, outcome: 'rolledBack', failure },
      entry,
    ]
    expect(shown(historyView({ stack: 'hello', entries }, paint, now))).toMatchInlineSnapshot(`
      "
      STARTED  REVISION   OUTCOME     TRIGGER    TOOK  REASON
      1h ago   ↩ c0ffee1  rolling     automatic  -     -
      1h ago   bad0bad    rolledBack  commit     4.2s  web.1 on alpha: it exited
      1h ago   c0ffee1    converged   commit     4.2s  -
      "
    `)
    expect(historyView({ stack: 'hello', entries: [] }, paint, now)).toEqual([
      'Nothing has happened to hello yet.',
    ])
  })

  it('shows a host whose key has changed, with what to do', () => {
    const [host] = aStatus().hosts as [HostStatus]
    const changed = { ...host, key: { ...host.key, state: 'changed' as const, reported: 'age1other' } }
    const view = shown(hostsView([changed], paint, now))
    expect(view).toContain('CHANGED')
    expect(view).toContain('setpoint hosts trust alpha age1other')
  })

  it('shows hosts', () => {
    expect(shown(hostsView(aStatus().hosts, paint, now))).toMatchInlineSnapshot(`
      "
      HOST   STATE  AVAILABILITY  CPUS  MEMORY  RUNTIME           SEEN    LABELS  KEY
      alpha  ready  active        2     8 GB    crun (cgroup v2)  0s ago  -       age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg
      "
    `)
  })

  it('names the task of each line, and aligns the names', () => {
    const line = (taskId: string, slot: number, text: string) => ({
      ...{ taskId, slot, text, service: 'web', at: '2026-01-01T10:00:00Z', stream: 'stdout' },
    })
    const view = createLogsView({ colour: false, timestamps: false, prefix: true })
    expect(view([line('a', 1, 'hello'), line('b', 10, 'ten')])).toEqual(['web.1  | hello', 'web.10 | ten'])
    expect(view([line('a-later-one', 1, 'again')])).toEqual(['a-later-one | again'])
    const stamped = createLogsView({ colour: false, timestamps: true, prefix: false })
    expect(stamped([line('a', 1, 'hello')])).toEqual(['2026-01-01T10:00:00Z hello'])
  })
})

describe('words', () => {
  it('tells ages as people do', () => {
    const ago = (seconds: number) => age(new Date(now.getTime() - seconds * 1000).toISOString(), now)
    expect([0, 59, 60, 3599, 3600, 172_799, 172_800].map(ago)).toEqual([
      '0s',
      '59s',
      '1m',
      '59m',
      '1h',
      '47h',
      '2d',
    ])
    expect(ago(-30)).toBe('0s')
    expect(age(null, now)).toBe('')
  })

  it('shortens commit ids and leaves other revisions', () => {
    expect(shortRevision(REVISION)).toBe('c0ffee1')
    expect(shortRevision('folder-1234567890ab')).toBe('folder-1234567')
    expect(shortRevision('v1')).toBe('v1')
    expect(shortRevision(null)).toBe('')
  })

  it('shortens what would make a table too wide', () => {
    expect([clip('short', 5), clip('longer', 5)]).toEqual(['short', 'long…'])
  })

  it('counts and measures', () => {
    expect([count(1, 'stack'), count(2, 'stack')]).toEqual(['1 stack', '2 stacks'])
    expect([bytes(0), bytes(1536), bytes(8 * 1024 ** 3)]).toEqual(['0 B', '1.5 KB', '8 GB'])
  })

  it('shows control characters instead of obeying them', () => {
    expect(visible('a\u001b[2Jb\tc\r\n  d\n')).toBe('a\\x1b[2Jb c d')
  })
})

describe('table', () => {
  it('aligns by what is seen, also in colour', () => {
    const rows = [
      ['é', { text: 'ok', tone: 'good' as const }, 1],
      ['long', '', 22],
    ]
    expect(table(['A', 'B', 'C'], rows, paint)).toEqual(['A     B   C', 'é     ok  1', 'long  -   22'])
    const coloured = table(['A', 'B', 'C'], rows, painter(true))
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are made of them
    expect(coloured.map((line) => line.replace(/\u001b\[\d+m/g, ''))).toEqual(
      table(['A', 'B', 'C'], rows, paint),
    )
    expect(coloured[1]).toContain('\u001b[32mok\u001b[39m')
  })
})

describe('volumes', () => {
  const usedBy = [{ taskId: 'shop-db-1-x', stack: 'shop', service: 'db', slot: 1 }]
  const aVolume = (volume: Partial<VolumeStatus>): VolumeStatus => ({
    ...{ name: 'shop_data', host: 'alpha', stack: 'shop', driver: 'local', options: null, labels: {} },
    ...{
      path: '/data',
      createdAt: '2025-12-31T10:00:00.000Z',
      external: false,
      anonymous: false,
      target: null,
    },
    ...{ declaredBy: [], usedBy: [], unusedSince: null, size: null },
    ...volume,
  })
  const volumes = [
    aVolume({ usedBy, declaredBy: ['shop'], size: 3 * 1024 ** 2, labels: { backup: 'nightly', own: '' } }),
    aVolume({
      name: 'shop_media',
      options: { type: 'nfs', device: ':/x' },
      unusedSince: '2025-12-31T22:00:00.000Z',
    }),
    aVolume({ name: 'theirs', external: true, stack: null }),
    aVolume({ name: '', anonymous: true, target: '/cache', usedBy }),
  ]

  it('are shown with who uses them, and since when nobody does', () => {
    expect(shown(volumesView(volumes, { paint, now, size: true, unread: [] }))).toMatchInlineSnapshot(`
      "
      VOLUME         HOST   STACK  DRIVER            SIZE  USED BY         DECLARED  MADE     LABELS
      shop_data      alpha  shop   local             3 MB  shop/db.1       shop      24h ago  backup=nightly, own
      shop_media     alpha  shop   local (nfs)       -     nobody for 12h  no        24h ago  -
      theirs         alpha  -      local (external)  ?     nobody          no        24h ago  -
      (none) /cache  alpha  shop   local             ?     shop/db.1       -         24h ago  -

      ?: could not be measured in time.
      "
    `)
  })

  it('say unknown, not no, of a declaration while a source is unread', () => {
    const lines = shown(volumesView(volumes, { paint, now, size: false, unread: ['infra'] }))
    expect(lines).toMatch(/^shop_data .* shop +24h ago/m)
    expect(lines).toMatch(/^shop_media .* unknown +24h ago/m)
    expect(lines).not.toMatch(/ no +24h ago/)
    expect(lines).toContain('unknown: infra was not read since the controller started')
  })

  it('have no column of sizes when nobody has asked', () => {
    expect(volumesView(volumes, { paint, now, size: false, unread: [] })[0]).not.toContain('SIZE')
  })
})
