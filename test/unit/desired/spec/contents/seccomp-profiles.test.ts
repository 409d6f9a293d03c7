import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { SECCOMP_FILE } from '../../../../../agent/runtime/confinement/seccomp.ts'
import { specChanges } from '../../../../../controller/plan/changes.ts'
import { aService, type Content, problemsOf, specOf } from '../../support.ts'

const PROFILE = {
  defaultAction: 'SCMP_ACT_ALLOW',
  syscalls: [{ names: ['chmod'], action: 'SCMP_ACT_ERRNO', errnoRet: 95 }],
}
const json = (value: unknown) => JSON.stringify(value)
const NAMED = aService('security_opt: ["seccomp=./profile.json"]')

const withProfile = (content: Content, compose = NAMED) => specOf(compose, { 'web/profile.json': content })
const isolationOf = (content: Content, compose?: string) =>
  withProfile(content, compose).services[0]?.container.isolation

describe('a seccomp profile of the repository', () => {
  it.each(['seccomp=./profile.json', 'seccomp:profile.json', 'seccomp=../web/profile.json'])(
    'is read: %s',
    (line) => {
      expect(isolationOf(json(PROFILE), aService(`security_opt: ["${line}"]`))).toEqual({ seccomp: PROFILE })
    },
  )

  it('is the one of the folder of the file that is extended', () => {
    const compose = aService('extends: {service: base, file: ../lib/base.yaml}')
    const base = 'services: {base: {image: y, security_opt: ["seccomp=own.json"]}}\n'
    const spec = specOf(compose, { 'lib/base.yaml': base, 'lib/own.json': json(PROFILE) })
    expect(spec.services[0]?.container.isolation).toEqual({ seccomp: PROFILE })
  })

  it('may be the default of containers-common, whose form is that of Docker', () => {
    expect(isolationOf(readFileSync(SECCOMP_FILE))).toMatchObject({
      seccomp: { defaultAction: 'SCMP_ACT_ERRNO' },
    })
  })

  it('gives way to a setting that comes later', () => {
    const compose = aService('security_opt: ["seccomp=profile.json", "seccomp=unconfined"]')
    expect(isolationOf(json(PROFILE), compose)).toEqual({ seccomp: 'unconfined' })
  })

  it('counts by what it says: a change replaces the tasks, blanks and comments do not', () => {
    const before = withProfile(json(PROFILE))
    const [rule] = PROFILE.syscalls
    const spaced = JSON.stringify({ ...PROFILE, syscalls: [{ ...rule, comment: 'why' }] }, null, 2)
    expect(withProfile(spaced).digest).toBe(before.digest)
    const after = withProfile(json({ ...PROFILE, defaultAction: 'SCMP_ACT_LOG' }))
    expect(specChanges(before, after)).toEqual([
      {
        summary: 'replace the tasks of a (stop-first)',
        fields: [
          {
            path: 'container.isolation.seccomp',
            from: expect.stringMatching(/^profile \w{12}$/),
            to: expect.stringMatching(/^profile \w{12}$/),
          },
        ],
      },
    ])
  })

  it.each<[string, Content, string]>([
    ['no JSON', '{"defaultAction"', 'web/profile.json is no JSON: '],
    ['no object', '[]', 'web/profile.json is no seccomp profile as Docker takes it: / must be object'],
    [
      'without a default',
      '{"syscalls": []}',
      "web/profile.json is no seccomp profile as Docker takes it: / must have required property 'defaultAction'",
    ],
    [
      'with an action that is none',
      '{"defaultAction": "DENY"}',
      'web/profile.json is no seccomp profile as Docker takes it: /defaultAction must match pattern',
    ],
    [
      'too large',
      json({
        defaultAction: 'SCMP_ACT_ALLOW',
        syscalls: [{ names: Array(9000).fill('chmod12'), action: 'SCMP_ACT_LOG' }],
      }),
      'at most 65536 go along with a task',
    ],
  ])('is refused by the place where it is named: %s', (_, content, message) => {
    const problems = problemsOf(NAMED, { 'web/profile.json': content })
    expect(problems).toEqual([expect.stringContaining(message)])
    expect(problems[0]).toMatch(/^web\/compose\.yaml:4:20 services\.a\.security_opt\[0\]: /)
  })

  it('is not read from outside the repository', () => {
    expect(problemsOf(aService('security_opt: ["seccomp=../../profile.json"]'))).toEqual([
      expect.stringContaining('leads out of the checkout'),
    ])
  })
})
