import { describe, expect, it } from 'vitest'
import { createPinner } from '../../../controller/registry/pinner.ts'
import { applyPins, canPin, knownPins, pinsOf } from '../../../controller/registry/pins.ts'
import { digestOf, type Look, lastWords } from '../../../controller/registry/registry.ts'
import { inspectArgs } from '../../../controller/registry/skopeo.ts'
import { accept } from '../../../controller/rollout/accept.ts'
import type { ImageSource } from '../../../schemas/image.ts'
import type { StackRecord } from '../../../schemas/record.ts'
import type { StackSpec } from '../../../schemas/stack.ts'
import { aRecord, aService, aStack, sha } from '../../support/builders.ts'
import { silent } from '../../support/netns.ts'

const NGINX = 'docker.io/library/nginx:1.29'
const digest = (letter: string) => `sha256:${letter.repeat(64)}`
const AT = '2026-01-01T00:00:00.000Z'
const pin = (letter: string) => ({ digest: digest(letter), at: AT })

function aStackOf(image: Partial<ImageSource> = {}, command = 'serve'): StackSpec {
  const source: ImageSource = { reference: NGINX, pull: 'missing', ...image }
  return aStack('shop', [
    aService('web', { container: { image: source, command: [command] } }),
    aService('local'),
  ])
}

/** A pinner over one record, with a registry that answers as told. */
function pinning(record?: StackRecord) {
  const asked: string[] = []
  const world = { answer: { digest: digest('a') } as Look, now: Date.parse(AT), record }
  const pinner = createPinner({
    registry: {
      look: async (reference) => {
        asked.push(reference)
        return world.answer
      },
    },
    records: { get: () => world.record },
    log: silent,
    now: () => new Date(world.now),
  })
  return { pinner, asked, world }
}

const accepted = (spec: StackSpec, n = 1) => aRecord('shop', { revision: sha(n), spec })
const digestIn = (spec: StackSpec) => spec.services[0]?.container.image.digest

describe('pins', () => {
  it.each<[Partial<ImageSource>, boolean]>([
    [{}, true],
    [{ pull: 'always' }, true],
    [{ pull: 'never' }, false],
    [{ reference: 'localhost/app:1' }, false],
    [{ reference: `r.example/app@${digest('a')}` }, false],
    [{ spec: { name: 'x', base: 'scratch', packages: [], files: [], run: [], config: {} } }, false],
  ])('%j can be pinned: %s', (image, can) => {
    expect(canPin({ reference: NGINX, pull: 'missing', ...image })).toBe(can)
  })

  it('give the service another fingerprint, the stack another digest, and nothing else', () => {
    const declared = aStackOf()
    const [a, b] = ['a', 'b'].map((letter) => applyPins(declared, new Map([[NGINX, pin(letter)]])))
    expect(a?.pinned).toEqual({ declared: declared.digest, at: { [NGINX]: AT } })
    expect(new Set([declared, a, b].map((spec) => spec?.digest)).size).toBe(3)
    expect(new Set([declared, a, b].map((spec) => spec?.services[0]?.fingerprint)).size).toBe(3)
    expect(a?.services[1]).toEqual(declared.services[1])
    expect(applyPins(declared, new Map([[NGINX, { ...pin('a'), at: 'later' }]])).digest).toBe(a?.digest)
    expect(applyPins(declared, new Map())).toBe(declared)
    expect(pinsOf(a as StackSpec)).toEqual(new Map([[NGINX, pin('a')]]))
  })

  it('are known from what is accepted, then from what was healthy, never from what is bad', () => {
    const [a, b] = ['a', 'b'].map((letter) => applyPins(aStackOf(), new Map([[NGINX, pin(letter)]]))) as [
      StackSpec,
      StackSpec,
    ]
    const record = aRecord('shop', { revision: sha(2), spec: b }, { healthy: { revision: sha(1), spec: a } })
    expect(knownPins(record).get(NGINX)?.digest).toBe(digest('b'))
    const bad = { revision: sha(2), digest: b.digest, reason: '', at: AT }
    expect(knownPins({ ...record, bad }).get(NGINX)?.digest).toBe(digest('a'))
    expect(knownPins(undefined).size).toBe(0)
  })
})

describe('taking a revision in', () => {
  it('looks up what nothing is known of, and only that', async () => {
    const { pinner, asked } = pinning()
    const spec = await pinner.pin(aStackOf(), sha(1))
    expect(digestIn(spec)).toBe(digest('a'))
    expect(asked).toEqual([NGINX])
    expect(pinner.notices(spec)).toEqual([])
  })

  it('asks nobody for a commit that says the same, whatever was found before (law 2)', async () => {
    const unpinned = aStackOf()
    for (const spec of [unpinned, applyPins(unpinned, new Map([[NGINX, pin('z')]]))]) {
      const { pinner, asked } = pinning(accepted(spec))
      expect(pinner.pin(aStackOf(), sha(1))).toBe(spec)
      expect(pinner.pin(aStackOf(), sha(2))).toBe(spec)
      expect(asked).toEqual([])
    }
  })

  it('keeps what is known of a reference when the rest of the stack changes', () => {
    const { pinner, asked } = pinning(accepted(applyPins(aStackOf(), new Map([[NGINX, pin('z')]]))))
    const spec = pinner.pin(aStackOf({}, 'other'), sha(2)) as StackSpec
    expect([digestIn(spec), asked]).toEqual([digest('z'), []])
  })

  it('looks again at each commit with `always`, and not at each poll', async () => {
    const always = aStackOf({ pull: 'always' })
    const spec = applyPins(always, new Map([[NGINX, pin('z')]]))
    const { pinner, asked } = pinning(accepted(spec))
    expect(pinner.pin(always, sha(1))).toBe(spec)
    expect(digestIn(await pinner.pin(always, sha(2)))).toBe(digest('a'))
    expect(asked).toEqual([NGINX])
  })

  it('goes on without a registry that does not answer, and says so', async () => {
    const { pinner, world } = pinning()
    world.answer = { problem: 'no answer within 10 s' }
    const spec = await pinner.pin(aStackOf(), sha(1))
    expect(spec).toEqual(aStackOf())
    expect(pinner.notices(spec)).toEqual([
      `services.web.image: ${NGINX} could not be looked up at its registry (no answer within 10 s); each host runs what it has or pulls under that name`,
    ])
    const always = aStackOf({ pull: 'always' })
    world.record = accepted(applyPins(always, new Map([[NGINX, pin('z')]])))
    const kept = await pinner.pin(always, sha(2))
    expect(digestIn(kept)).toBe(digest('z'))
    expect(pinner.notices(kept)[0]).toMatch(/; it stays at what it stood for when it was looked up last$/)
  })

  it('starts a rollout of its own when only the image has moved', async () => {
    const always = aStackOf({ pull: 'always' })
    const record = accepted(applyPins(always, new Map([[NGINX, pin('z')]])))
    const spec = await pinning(record).pinner.pin(always, sha(2))
    const next = accept(record, { source: 'infra', revision: sha(2), spec }, new Date(AT))
    expect(next?.history[0]).toMatchObject({ trigger: 'image', revision: sha(2) })
    expect(next?.rollout?.to.spec).toBe(spec)
  })
})

describe('looking again on a schedule', () => {
  const daily = aStackOf({ refresh: 86_400_000 })
  const current = applyPins(daily, new Map([[NGINX, pin('z')]]))

  it('waits until the time has come, over a restart too', async () => {
    const { pinner, asked, world } = pinning(accepted(current))
    expect(pinner.dueAt(current)?.toISOString()).toBe('2026-01-02T00:00:00.000Z')
    expect(await pinner.refresh(daily, current)).toBe(current)
    world.now += 86_400_000
    const fresh = await pinner.refresh(daily, current)
    expect([digestIn(fresh), asked]).toEqual([digest('a'), [NGINX]])
    expect(pinner.dueAt(fresh)?.toISOString()).toBe('2026-01-03T00:00:00.000Z')
    expect(pinner.dueAt(aStackOf())).toBeNull()
  })

  it('changes nothing when the image has not moved, nor when nobody answers', async () => {
    const { pinner, world } = pinning(accepted(current))
    for (const answer of [{ digest: digest('z') }, { problem: 'no answer' }]) {
      world.answer = answer
      world.now += 86_400_000
      expect((await pinner.refresh(daily, current)).digest).toBe(current.digest)
    }
  })
})

describe('what skopeo says', () => {
  it('is a manifest, whose bytes make the digest', () => {
    expect(digestOf(Buffer.from('{"schemaVersion":2}'))).toEqual({
      digest: 'sha256:bafebd36189ad3688b7b3915ea55d461e0bfcfbdde11e54b0a123999fb6be50f',
    })
    expect(digestOf(Buffer.from('{"schemaVersion":1}'))).toHaveProperty('problem')
    expect(digestOf(Buffer.from('<html>'))).toHaveProperty('problem')
  })

  it('is told without its log line', () => {
    const line =
      'time="2026-01-01T00:00:00Z" level=fatal msg="Error parsing image name \\"docker://x\\": pinging container registry r.example: Get \\"https://r.example/v2/\\": EOF"\n'
    expect(lastWords(line)).toBe('EOF')
    expect(lastWords('')).toBe('it said nothing')
  })

  it('is asked for with a deadline and the credentials file', () => {
    expect(inspectArgs({ reference: NGINX, authFile: '/auth', deadline: 500 })).toEqual([
      ...['--command-timeout', '500ms', 'inspect', '--raw', '--authfile', '/auth', `docker://${NGINX}`],
    ])
    const env = { CONTAINERS_REGISTRIES_CONF: '/conf' }
    expect(inspectArgs({ reference: NGINX, authFile: undefined, deadline: 1 }, env)).toEqual([
      ...['--command-timeout', '1ms', '--registries-conf', '/conf', 'inspect', '--raw', `docker://${NGINX}`],
    ])
  })
})
