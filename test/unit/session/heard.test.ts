import { expect, it } from 'vitest'
import { createHeard } from '../../../schemas/session/heard.ts'

const line = (taskId: string, at: string) => ({
  ...{ taskId, at, service: 'app', slot: 1 },
  stream: 'stdout' as const,
  text: '',
})

it('goes by the times of the lines alone where no start is given', () => {
  const heard = createHeard()
  expect(heard.since()).toBeUndefined()
  heard.note(line('a', '2026-01-01T10:00:20.000000000Z'))
  expect(heard.since()).toBe('2026-01-01T10:00:10.000Z')
  const missed = heard.missed()
  expect(missed(line('a', '2026-01-01T10:00:20.000000000Z'))).toBe(false)
  expect(missed(line('a', '2026-01-01T10:00:21.000000000Z'))).toBe(true)
  expect(missed(line('b', '2026-01-01T10:00:15.000000000Z'))).toBe(true)
})

it('does not go back before its start', () => {
  const heard = createHeard('2026-01-01T10:00:00.000Z')
  expect(heard.since()).toBe('2026-01-01T10:00:00.000Z')
  heard.note(line('a', '2026-01-01T10:00:05.000000000Z'))
  expect(heard.since()).toBe('2026-01-01T10:00:00.000Z')
})
