import { describe, expect, it } from 'vitest'
import { findTarget } from '../../../controller/session/target.ts'
import type { TaskStatus } from '../../../schemas/task.ts'
import { aFleet, aHost, aStatus, sha } from '../../support/builders.ts'

function aTask(id: string, task: Partial<TaskStatus> = {}): TaskStatus {
  const place = { stack: 'shop', service: 'web', slot: 1, host: 'alpha', revision: sha(1), fingerprint: 'f' }
  return aStatus({ id, ...place, ...task }, task)
}

const fleet = aFleet(
  aHost('alpha', [
    aTask('shop-web-1-aaaa'),
    aTask('shop-once-1-bbbb', { service: 'once', state: 'complete' }),
  ]),
  aHost('beta', [aTask('shop-web-2-cccc', { slot: 2 }), aTask('shop-db.2-1-dddd', { service: 'db.2' })]),
  aHost('gamma', [aTask('blog-app-1-eeee', { stack: 'blog', service: 'app' })]),
)

describe('a task is meant by', () => {
  it.each([
    ['shop/web', 'shop-web-1-aaaa'],
    ['shop/web.2', 'shop-web-2-cccc'],
    ['shop/db.2', 'shop-db.2-1-dddd'],
    ['shop-web-2', 'shop-web-2-cccc'],
    ['shop-web-1-aaaa', 'shop-web-1-aaaa'],
    ['blog', 'blog-app-1-eeee'],
  ])('%s', (name, id) => {
    expect(findTarget(fleet, name).task.id).toBe(id)
  })
})

describe('who names no task is told what there is', () => {
  it.each([
    [
      'shop',
      'shop is a stack, and one task is meant.',
      'Name a service of it: shop/db.2, shop/once, shop/web.',
    ],
    ['shop/none', 'Stack shop has no service none.', 'There are: db.2, once, web.'],
    ['shop/none.1', 'Stack shop has no service none.1.', 'There are: db.2, once, web.'],
    ['shop/web.9', 'Stack shop has no task in slot 9 of web.', 'There are: shop/web.1, shop/web.2.'],
    ['none/web', 'There is no task of a stack none.', '`setpoint status` lists the stacks.'],
    ['shop/once', 'No task of shop/once runs: complete.', expect.stringContaining('setpoint logs')],
    [
      'shop-web',
      'Several tasks begin with shop-web: shop-web-1-aaaa, shop-web-2-cccc, …',
      'Give more of its id.',
    ],
    ['none', 'There is no task none.', expect.stringContaining('STACK/SERVICE')],
    ['/', '"/" is no name of a task.', expect.stringContaining('STACK/SERVICE')],
    ['shop/', '"shop/" is no name of a task.', expect.stringContaining('STACK/SERVICE')],
    ['a/b/c', '"a/b/c" is no name of a task.', expect.stringContaining('STACK/SERVICE')],
  ])('%s', (name, message, hint) => {
    expect(() => findTarget(fleet, name)).toThrow(
      expect.objectContaining({ code: 'TASK_NOT_FOUND', message, hint }),
    )
  })
})
