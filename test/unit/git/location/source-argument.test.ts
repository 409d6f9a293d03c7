import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkSource, parseSource } from '../../../../controller/git/location/source-argument.ts'
import { sourceOptions } from '../repositories.ts'

describe('parseSource', () => {
  it.each([
    ['https://example.org/infra.git', { url: 'https://example.org/infra.git', directory: '' }],
    [
      'https://example.org/infra.git#main',
      { url: 'https://example.org/infra.git', branch: 'main', directory: '' },
    ],
    [
      'https://example.org/infra#v1:a/b',
      { url: 'https://example.org/infra', branch: 'v1', directory: 'a/b' },
    ],
    ['https://example.org/infra#:a/b', { url: 'https://example.org/infra', directory: 'a/b' }],
    [
      'git@example.org:team/infra.git#feature/x',
      { url: 'git@example.org:team/infra.git', branch: 'feature/x' },
    ],
    ['example.org:infra.git', { url: 'example.org:infra.git' }],
    ['ssh://git@example.org:2222/infra', { url: 'ssh://git@example.org:2222/infra' }],
    ['file:///srv/infra.git#main', { url: '/srv/infra.git', branch: 'main' }],
    ['/srv/infra.git#refs/heads/main', { url: '/srv/infra.git', branch: 'main' }],
    ['./stacks', { url: resolve('stacks') }],
    ['stacks/a:b', { url: resolve('stacks/a:b') }],
    ['/srv/a:b', { url: '/srv/a:b' }],
    ['/srv/infra#main:./web//x/', { url: '/srv/infra', branch: 'main', directory: 'web/x' }],
    ['/srv/infra#main:.', { url: '/srv/infra', branch: 'main', directory: '' }],
  ])('reads %s', (text, expected) => {
    expect(parseSource(text)).toMatchObject(expected)
    expect(parseSource(text).branch).toBe('branch' in expected ? expected.branch : undefined)
  })

  it('takes intervals and the rest from the defaults', () => {
    const defaults = { interval: 1, retryInterval: 2, allowEmpty: true, credentialsFile: 'keys' }
    expect(parseSource('/srv/infra', defaults)).toEqual({
      ...defaults,
      credentialsFile: resolve('keys'),
      url: '/srv/infra',
      directory: '',
    })
    expect(parseSource('/srv/infra')).toMatchObject({
      interval: 60_000,
      retryInterval: 15_000,
      allowEmpty: false,
    })
  })

  it.each([
    ['', /empty/],
    ['#main', /empty/],
    ['/srv/infra#', /nothing follows the #/],
    ['--upload-pack=touch /tmp/x', /option/],
    ['-oProxyCommand=touch:x', /option/],
    ['ssh://-oProxyCommand=touch/x', /option|valid URL/],
    ['git@-oProxyCommand=touch:x', /option/],
    ['ext::sh -c touch% /tmp/x', /remote helper/],
    ['fd::17', /remote helper/],
    ['git://example.org/infra', /git:\/\//],
    ['ftp://example.org/infra', /ftp:\/\//],
    ['file://elsewhere/srv/infra', /file URL of this machine/],
    ['https://', /valid URL/],
    ['https://exa mple.org/infra', /valid URL/],
    ['https://example.org/infra\nhost=evil.org', /control character/],
    ['/srv/infra#--upload-pack=x', /branch/],
    ['/srv/infra#a..b', /branch/],
    ['/srv/infra#a b', /branch/],
    ['/srv/infra#a~1', /branch/],
    ['/srv/infra#@{-1}', /branch/],
    ['/srv/infra#x.lock', /branch/],
    ['/srv/infra#a//b', /branch/],
    ['/srv/infra#main:../other', /leads out/],
    ['/srv/infra#main:a/../../b', /leads out/],
  ])('refuses %j', (text, message) => {
    expect(() => parseSource(text)).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        message: expect.stringMatching(message),
        hint: expect.any(String),
      }),
    )
  })

  it.each([
    'https://alice:s3cr3t-pass@exa mple.org/infra',
    'https://alice:s3cr3t-pass/x@example.org/infra',
    'git://alice:s3cr3t-pass@example.org/infra',
    'https://alice:s3cr3t-pass@example.org/infra#',
    'alice:s3cr3t-pass@example.org:infra',
    '-https://alice:s3cr3t-pass@example.org',
  ])('shows no password when it refuses %s', (text) => {
    let message = ''
    try {
      parseSource(text)
    } catch (error) {
      message = String(error)
    }
    expect(message).toContain('SetpointError')
    expect(message).not.toContain('s3cr3t')
  })

  it('checks what comes from a file in the same way', () => {
    expect(() => checkSource(sourceOptions('/srv/infra', { branch: '-x' }))).toThrow(/branch/)
    expect(() => checkSource(sourceOptions('/srv/infra', { directory: '../x' }))).toThrow(/leads out/)
    expect(checkSource(sourceOptions('/srv/infra', { directory: '/web/' })).directory).toBe('web')
  })
})
