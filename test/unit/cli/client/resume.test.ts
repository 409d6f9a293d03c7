import { afterEach, beforeEach, expect, it } from 'vitest'
import type { LogsQuery } from '../../../../controller/api/access.ts'
import { resumed } from '../../../../controller/cli/client/resume.ts'
import { run } from '../../../../controller/cli/program.ts'
import type { EventsQuery } from '../../../../controller/service/events.ts'
import { type ErrorCode, SetpointError } from '../../../../schemas/error.ts'
import type { Event } from '../../../../schemas/event.ts'
import type { LogLine } from '../../../../schemas/session/request.ts'
import type { LogPiece } from '../../../../schemas/status.ts'
import { startApi, type TestApi } from '../api-at.ts'

const LOST = new SetpointError('SESSION_LOST', 'It broke off.')

/** Answers in turn; an error ends one. */
function answering(answers: (string | Error)[][]) {
  const opened: boolean[] = []
  const lost: string[] = []
  const items = resumed<string>({
    async *open(begun, again) {
      opened.push(again)
      for (const item of answers.shift() ?? []) {
        if (item instanceof Error) throw item
        begun()
        yield item
      }
    },
    lost: ({ message }) => void lost.push(message),
    signal: new AbortController().signal,
  })
  const all = async () => {
    const seen: string[] = []
    for await (const item of items) seen.push(item)
    return seen
  }
  return { all, opened, lost }
}

it('asks again for an answer that was lost, and tells so once', async () => {
  const { all, opened, lost } = answering([['a', LOST], [LOST], [LOST], ['b', LOST], ['c']])
  expect(await all()).toEqual(['a', 'b', 'c'])
  expect(opened).toEqual([false, true, true, true, true])
  expect(lost).toEqual(['It broke off.', 'It broke off.'])
})

it.each<[string, ErrorCode, (string | Error)[]]>([
  ['cannot even begin', 'API_UNREACHABLE', []],
  ['is refused', 'API_DENIED', ['a']],
  ['asks for what is no more', 'STACK_NOT_FOUND', ['a']],
])('gives up where it %s', async (_, code, before) => {
  const { all, opened } = answering([[...before, new SetpointError(code, 'No.')]])
  await expect(all()).rejects.toMatchObject({ code })
  expect(opened).toHaveLength(1)
})

let api: TestApi
beforeEach(async () => {
  api = await startApi()
})
afterEach(() => api.close())

const at = (second: number) => new Date(Date.parse('2026-01-01T10:00:00Z') + second * 1_000).toISOString()
const line = (taskId: string, second: number): LogLine => ({
  ...{ taskId, service: 'web', slot: 1, at: at(second), stream: 'stdout', text: `${taskId} ${second}` },
})

it('logs -f asks for what was written since about then, and leaves out what has come', async () => {
  const asked: (string | undefined)[][] = []
  const missing = { host: 'beta', error: { code: 'SESSION_LOST' as const, message: 'beta is silent.' } }
  const answers: LogPiece[][] = [
    [{ lines: [line('a', 100), line('b', 101)] }],
    [
      { lines: [line('a', 100), line('a', 102), line('b', 101), line('c', 95)] },
      { missing },
      { lines: [line('a', 200)] },
    ],
    [{ lines: [line('b', 103), line('a', 200)] }],
  ]
  api.service.logs = async function* ({ since, tail }: LogsQuery) {
    asked.push([since, tail?.toString()])
    yield* answers.shift() ?? []
    if (answers.length > 0) throw LOST
  }
  expect(await run(['logs', 'hello', '-f', '--tail', '5', '--no-prefix'], api.context)).toBe(1)
  expect(api.context.stdout).toEqual(['a 100', 'b 101', 'a 102', 'c 95', 'a 200', 'b 103'])
  const beforeMissing = at(102 - 10)
  expect(asked).toEqual([
    [undefined, '5'],
    [at(101 - 10), undefined],
    [beforeMissing, undefined],
  ])
  const note = 'setpoint: It broke off; it goes on once a controller answers'
  expect(api.context.stderr.filter((text) => text === note)).toHaveLength(2)
})

it('events -f goes on after the last that it has told', async () => {
  const asked: (string | undefined)[] = []
  const event = (second: number, message: string): Event => ({
    at: at(second),
    type: 'task',
    reason: 'R',
    message,
  })
  const answers = [
    [event(1, 'a'), event(2, 'b'), event(2, 'c')],
    [event(2, 'b'), event(2, 'c'), event(2, 'd'), event(3, 'e')],
  ]
  api.service.events = async function* ({ since }: EventsQuery) {
    asked.push(since)
    yield* answers.shift() ?? []
    if (answers.length > 0) throw LOST
  }
  expect(await run(['events', '-f', '--output', 'json'], api.context)).toBe(0)
  expect(api.context.stdout.map((text) => JSON.parse(text).message)).toEqual(['a', 'b', 'c', 'd', 'e'])
  expect(asked).toEqual([undefined, at(2)])
})
