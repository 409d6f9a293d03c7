import { describe, expect, it } from 'vitest'
import { specChanges } from '../../../controller/plan/changes.ts'
import { withExternals } from '../../../controller/service/known-externals.ts'
import { type ContentMount, unknownExternal } from '../../../schemas/content.ts'
import { packChunks, packDigest } from '../../../schemas/pack.ts'
import { aService, aStack } from '../../support/builders.ts'

const web = (contents?: ContentMount[]) =>
  aStack('web', [aService('app', { container: contents ? { contents } : {} })])
const config = (digest: string, more: Partial<ContentMount> = {}): ContentMount => ({
  ...{ kind: 'config', target: '/c', digest: digest.repeat(64), ...more },
})

describe('what a service mounts of the repository', () => {
  it('is told by its place: what has changed, come and gone', () => {
    const before = web([
      config('1'),
      config('2', { kind: 'bind', target: '/etc/web' }),
      config('3', { target: '/old' }),
    ])
    const after = web([
      config('1'),
      config('4', { kind: 'bind', target: '/etc/web' }),
      config('5', { target: '/new', uid: 7, mode: 0o440 }),
    ])
    expect(specChanges(before, after)).toMatchObject([
      {
        summary: 'replace the tasks of app (stop-first)',
        fields: [
          { path: 'contents./etc/web', from: 'bind 222222222222', to: 'bind 444444444444' },
          { path: 'contents./new', from: 'unset', to: 'config 555555555555 of 7:0 0440' },
          { path: 'contents./old', from: 'config 333333333333', to: 'unset' },
        ],
      },
    ])
    expect(specChanges(web(), after)[0]?.fields.map(({ path }) => path)).toEqual([
      'contents./c',
      'contents./etc/web',
      'contents./new',
    ])
  })

  it('is no change when it is an external config that only the controller knows', () => {
    const content = Buffer.from('fleet')
    const digest = packDigest(packChunks([{ path: '', kind: 'file', content }]))
    const mount = (of: string): ContentMount => ({ kind: 'config', target: '/c', digest: of })
    const running = web([mount(digest)])
    const candidate = web([mount(unknownExternal('fleet.conf'))])
    const externals = new Map([['fleet.conf', content]])
    expect(specChanges(running, withExternals(candidate, externals, running))).toEqual([])
    expect(
      specChanges(
        running,
        withExternals(candidate, new Map([['fleet.conf', Buffer.from('other')]]), running),
      ),
    ).toHaveLength(1)
  })
})

describe('the options of a volume', () => {
  const cifs = { type: 'cifs', device: '//nas/share', o: 'username=me,password="a,b"c' }
  const withData = (driverOpts?: typeof cifs) =>
    aStack('web', [], {
      volumes: [{ name: 'web_data', external: false, labels: {}, ...(driverOpts && { driverOpts }) }],
    })

  it('are told without what is secret', () => {
    expect(specChanges(withData(), withData(cifs))[0]?.fields).toEqual([
      {
        ...{ path: 'driverOpts', from: 'unset' },
        to: '{"device":"//nas/share","o":"username=me,password=…","type":"cifs"}',
      },
    ])
    expect(specChanges(withData(cifs), withData({ ...cifs, o: 'secret=x' }))[0]?.fields).toEqual([
      { path: 'driverOpts.o', from: 'username=me,password=…', to: 'secret=…' },
    ])
  })
})
