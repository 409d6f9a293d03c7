import { describe, expect, test } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { composeFile } from '../../../../../controller/desired/compose/model/compose-file.ts'
import { projectJson, projectYaml } from '../../../../../controller/desired/compose/print/print.ts'
import { type Printed, printed } from '../../../../../controller/desired/compose/print/printed.ts'
import type { Project } from '../../../../../controller/desired/compose/project.ts'
import type { Shape } from '../../../../../controller/desired/compose/shape.ts'
import { aModel } from '../model-support.ts'

function aProject(yaml: string): Project {
  const model = aModel(yaml)
  return { name: 'shop', written: model, model, hasDisabled: false, included: [] }
}

function json(yaml: string): unknown {
  return projectJson(aProject(yaml))
}

/** The service `a` as it is printed, without what every service has. */
function service(lines: string): unknown {
  const { services } = Object(json(`services: {a: {${lines}}}`))
  const { command, entrypoint, ...rest } = services.a
  return rest
}

function order(yaml: string): string {
  return JSON.stringify(json(yaml))
}

describe('the order of keys', () => {
  test('is by name at the root and among names', () => {
    const yaml = `
x-b: 1
services: {z: {image: i}, a: {image: i, configs: [{source: c}], networks: {y: , b: }}}
networks: {y: {name: n}, b: {name: n}}
name: shop
configs: {c: {name: n, content: c}}
x-a: 1`
    const { networks, services, ...rest } = Object(json(yaml))
    expect(Object.keys(rest)).toEqual(['configs', 'name', 'x-a', 'x-b'])
    expect(Object.keys(networks)).toEqual(['b', 'y'])
    expect(Object.keys(services)).toEqual(['a', 'z'])
    expect(Object.keys(services.a.networks)).toEqual(['b', 'y'])
  })

  test.each([
    [
      'services: {a: {volumes: [{target: /t, type: bind, source: /s}], image: i, build: {target: x, context: /c}, cgroup: c, cgroup_parent: p}}',
      '{"services":{"a":{"build":{"context":"/c","target":"x"},"cgroup_parent":"p","cgroup":"c","command":null,"entrypoint":null,"image":"i","volumes":[{"type":"bind","source":"/s","target":"/t"}]}}}',
    ],
    [
      'services: {a: {ports: [{protocol: tcp, published: "80", target: 80, mode: host, host_ip: "::1"}]}}',
      '{"services":{"a":{"command":null,"entrypoint":null,"ports":[{"mode":"host","host_ip":"::1","target":80,"published":"80","protocol":"tcp"}]}}}',
    ],
    [
      'services: {a: {environment: {B: b, A: }, labels: {y: "", x: "1"}}}',
      '{"services":{"a":{"command":null,"entrypoint":null,"environment":{"A":null,"B":"b"},"labels":{"x":"1","y":""}}}}',
    ],
  ])('is that of Compose in %s', (yaml, text) => {
    expect(order(yaml)).toBe(text)
  })
})

describe('what is always printed', () => {
  test.each([
    ['services: {a: {image: i}}', { services: { a: { command: null, entrypoint: null, image: 'i' } } }],
    [
      'services: {a: {command: [], entrypoint: [x]}}',
      { services: { a: { command: [], entrypoint: ['x'] } } },
    ],
    ['services: {}', { services: {} }],
  ])('%s', (yaml, expected) => {
    expect(json(yaml)).toEqual(expected)
  })

  test('the empty settings of a deployment, of a network and of a hook', () => {
    expect(service('deploy: {}')).toEqual({ deploy: { resources: {}, placement: {} } })
    expect(service('post_start: [{user: root}]')).toEqual({ post_start: [{ command: null, user: 'root' }] })
    expect(service('develop: {watch: [{path: /p, action: rebuild}]}')).toEqual({
      develop: { watch: [{ path: '/p', action: 'rebuild', exec: { command: null } }] },
    })
    const yaml = 'services: {a: {networks: {n: }}}\nnetworks: {n: {name: n}}'
    expect(json(yaml)).toMatchObject({ networks: { n: { name: 'n', ipam: {} } } })
  })
})

describe('what says nothing', () => {
  test.each([
    ['image: "", hostname: , cap_add: [], labels: {}, environment: {}', {}],
    ['privileged: false, read_only: false, cpu_shares: 0, pids_limit: 0', {}],
    ['mem_limit: "0", shm_size: "0", memswap_limit: "-1"', { memswap_limit: '-1' }],
    ['init: false, attach: false, scale: 0', { init: false, attach: false, scale: 0 }],
    ['deploy: {replicas: 0, mode: ""}', { deploy: { replicas: 0, resources: {}, placement: {} } }],
    [
      'deploy: {update_config: {parallelism: 0, delay: 0s}, restart_policy: {max_attempts: 0, delay: 0s}}',
      {
        deploy: {
          update_config: { parallelism: 0 },
          resources: {},
          restart_policy: { delay: '0s', max_attempts: 0 },
          placement: {},
        },
      },
    ],
    [
      'depends_on: {b: {condition: c, restart: false, required: false}}',
      { depends_on: { b: { condition: 'c', required: false } } },
    ],
    [
      'healthcheck: {interval: 0s, retries: 0, disable: false}',
      { healthcheck: { interval: '0s', retries: 0 } },
    ],
    ['networks: {default: , other: {}}', { networks: { default: null, other: {} } }],
    [
      'volumes: [{type: volume, target: /t, read_only: false, volume: {}}]',
      { volumes: [{ type: 'volume', target: '/t', volume: {} }] },
    ],
    [
      'ulimits: {core: 0, nofile: {hard: 2, soft: 0}}',
      { ulimits: { core: 0, nofile: { soft: 0, hard: 2 } } },
    ],
    ['env_file: [{path: /e}], label_file: [/l]', {}],
  ])('in %s', (lines, expected) => {
    expect(service(lines)).toEqual(expected)
  })
})

describe('what nothing uses', () => {
  test('is left out', () => {
    const yaml = `
services:
  a:
    image: i
    networks: {n: }
    volumes: [{type: volume, source: v, target: /v}, {type: bind, source: w, target: /w}, {type: volume, target: /x}]
    secrets: [{source: s, target: /s}]
    configs: [{source: c, target: /c}]
    build: {context: /c, secrets: [{source: t}]}
networks: {n: {name: n}, m: {name: m}}
volumes: {v: {name: v}, w: {name: w}}
secrets: {s: {name: s, file: /s}, t: {name: t, file: /t}, u: {name: u, file: /u}}
configs: {c: {name: c, content: c}, d: {name: d, content: d}}`
    const { networks, volumes, secrets, configs } = Object(json(yaml))
    expect([networks, volumes, secrets, configs].map(Object.keys)).toEqual([['n'], ['v'], ['s', 't'], ['c']])
  })

  test('leaves no section behind', () => {
    const yaml = 'services: {a: {image: i}}\nnetworks: {n: {name: n}}\nsecrets: {s: {name: s, file: /s}}'
    expect(order(yaml)).toMatch(/^{"services":/)
    expect(order(yaml)).not.toMatch(/networks|secrets/)
  })
})

describe('secrets and configs', () => {
  const yaml = `
services: {a: {secrets: [{source: s, target: /s}], configs: [{source: c, target: /c}]}}
secrets: {s: {name: s, environment: KEY, content: hunter2}}
configs: {c: {name: c, environment: CONF, content: from-conf}}`

  test('never print what they hold', () => {
    expect(json(yaml)).toMatchObject({ secrets: { s: { name: 's', environment: 'KEY' } } })
    for (const text of [order(yaml), projectYaml(aProject(yaml))]) {
      expect(text).not.toContain('hunter2')
      expect(text).not.toContain('from-conf')
    }
  })

  test('print a content that stands in the file', () => {
    const inline = 'services: {a: {configs: [{source: c}]}}\nconfigs: {c: {name: c, content: "a: $1"}}'
    expect(json(inline)).toMatchObject({ configs: { c: { name: 'c', content: 'a: $$1' } } })
  })
})

describe('keys and values of the author', () => {
  test('have their $ doubled', () => {
    expect(service('command: ["echo $HOME $$"], labels: {"a$b": "$"}')).toEqual({ labels: { a$$b: '$$' } })
    expect(json('services: {a: {command: [$x]}}')).toMatchObject({ services: { a: { command: ['$$x'] } } })
  })

  test('may be named like what every object has', () => {
    const text = order(
      'services: {__proto__: {image: i}, constructor: {image: i}}\nnetworks: {toString: {name: n}}',
    )
    expect(text).toBe(
      '{"services":{"__proto__":{"command":null,"entrypoint":null,"image":"i"},"constructor":{"command":null,"entrypoint":null,"image":"i"}}}',
    )
  })

  test('stay as they are under x- keys of the root, and are left out below', () => {
    const yaml = 'services: {a: {image: i, x-note: n}, x-b: {image: i}}\nx-own: {b: [1, 0, ""], a: }'
    expect(json(yaml)).toEqual({
      services: {
        a: { command: null, entrypoint: null, image: 'i' },
        'x-b': { command: null, entrypoint: null, image: 'i' },
      },
      'x-own': { a: null, b: [1, 0, ''] },
    })
  })
})

describe('YAML', () => {
  const yaml = `
name: shop
x-own: {a: 1}
services:
  web:
    image: i
    x-note: n
    networks: {default: }
    ports: [{mode: ingress, target: 80, published: "8080", protocol: tcp}]
    deploy: {}
    environment: {ON: "on", OCTAL: "0755", TIME: "22:22", TEXT: "a $ b", NONE: }
networks: {default: {name: shop_default}, unused: {name: shop_unused}}
`

  test('has the sections in their order, all x- keys, and nothing that is empty', () => {
    expect(projectYaml(aProject(yaml))).toBe(`name: shop
services:
  web:
    deploy: {}
    environment:
      NONE: null
      OCTAL: "0755"
      "ON": "on"
      TEXT: a $$ b
      TIME: "22:22"
    image: i
    networks:
      default: null
    ports:
      - mode: ingress
        target: 80
        published: "8080"
        protocol: tcp
    x-note: "n"
networks:
  default:
    name: shop_default
x-own:
  a: 1
`)
  })

  test('says what JSON says', () => {
    const { services, networks } = Object(parseYaml(projectYaml(aProject(yaml))))
    expect(json(yaml)).toMatchObject({ networks, services: { web: { image: services.web.image } } })
  })

  test('tells an empty command from none', () => {
    expect(projectYaml(aProject('services: {a: {command: [], entrypoint: }}'))).toBe(
      'services:\n  a:\n    command: []\n',
    )
  })

  test('keeps long texts and repeated values as they are', () => {
    const text = 'word '.repeat(40).trim()
    const long = `services: {a: &a {image: i, hostname: ${text}}, b: *a}`
    expect(projectYaml(aProject(long)).match(new RegExp(`hostname: ${text}$`, 'gm'))).toHaveLength(2)
  })
})

// Compose takes these in, or has no use for them once they are read.
const NOT_PRINTED = ['env_file', 'extends', 'include', 'label_file', 'pull_refresh_after', 'version']

test('every key of the grammar is printed', () => {
  expect([...new Set(missing(composeFile, printed))].sort()).toEqual(NOT_PRINTED)
})

/** The keys of a shape that have no place in print. */
function missing(shape: Shape, as: Printed | undefined): string[] {
  if (!as) return []
  if (shape.list) return missing(shape.list.items, as)
  if ('names' in as) return shape.map?.values ? missing(shape.map.values, as.names) : []
  return Object.entries(shape.map?.keys ?? {}).flatMap(([key, { shape: below }]) => {
    if (key.startsWith('x-')) return []
    return as.keys.includes(key) ? missing(below, as.below[key]) : [key]
  })
}
