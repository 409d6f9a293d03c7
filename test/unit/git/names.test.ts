import { describe, expect, it } from 'vitest'
import { nameSources } from '../../../controller/git/names.ts'

const source = (url: string, branch?: string, directory = '') => ({
  url,
  directory,
  ...(branch ? { branch } : {}),
})

describe('nameSources', () => {
  it.each([
    [source('https://example.org/team/infra.git'), 'infra'],
    [source('https://alice:secret@example.org/team/infra.git', 'main'), 'infra-main'],
    [source('git@example.org:infra.git', 'feature/x', 'hosts/alpha'), 'infra-feature-x-hosts-alpha'],
    [source('/srv/my stacks/'), 'my-stacks'],
    [source('/srv/infra/.git'), 'infra'],
    [source('/'), 'source'],
    [source(`/srv/${'x'.repeat(100)}`), 'x'.repeat(60)],
  ])('%j is %s', (given, name) => {
    expect(nameSources([given])).toEqual([name])
  })

  it('gives two of the same name a hash each, whatever their order', () => {
    const [a, b] = [source('/srv/a/infra'), source('/srv/b/infra')]
    const [first = '', second = ''] = nameSources([a, b])
    expect(first).toMatch(/^infra-[0-9a-f]{8}$/)
    expect(second).toMatch(/^infra-[0-9a-f]{8}$/)
    expect(first).not.toBe(second)
    expect(nameSources([b, source('/srv/other'), a])).toEqual([second, 'other', first])
  })
})
