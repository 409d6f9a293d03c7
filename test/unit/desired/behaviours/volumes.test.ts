import { a, accepted, aFile, behaviour, deployed, refused } from './support.ts'

const VOLUMES = 'volumes: {data: {}, n: {}}'
const aMount = (short: string) => aFile(`volumes: [${short}]`, VOLUMES)
const volume = (source: string | undefined, more: object = {}) => ({
  type: 'volume',
  ...(source && { source }),
  target: '/p',
  volume: {},
  ...more,
})
const bind = (source: string, options: object = {}, more: object = {}) => ({
  type: 'bind',
  source,
  target: '/p',
  bind: { ...options, create_host_path: true },
  ...more,
})
const mounts = (...entries: object[]) => a({ volumes: entries })

behaviour(96, 'a path alone is a volume without a name', aMount('/p'), mounts(volume(undefined)))
behaviour(96, 'a name is that volume', aMount('"data:/p"'), mounts(volume('data')))
behaviour(96, 'an absolute path is a folder of the host', aMount('"/srv/d:/p"'), mounts(bind('/srv/d')))
behaviour(
  96,
  'a path with a point starts at the project',
  aMount('"./d:/p", "../d:/q", ".:/r"'),
  mounts(bind('/srv/shop/d'), { ...bind('/srv/d'), target: '/q' }, { ...bind('/srv/shop'), target: '/r' }),
)
behaviour(
  96,
  'a tilde is the home of the user',
  { files: aMount('"~/d:/p"'), env: { HOME: '/home/app' } },
  mounts(bind('/home/app/d')),
)
behaviour(
  96,
  'a name of one letter is a volume; that Compose takes it for a Windows drive is a quirk',
  aMount('"n:/p"'),
  mounts(volume('n')),
)
behaviour(
  96,
  'a volume without a name is told of where a stack is deployed: it goes with its task',
  aMount('/p'),
  deployed(
    {
      services: {
        a: { container: { mounts: [{ type: 'volume', source: '', target: '/p', readOnly: false }] } },
      },
    },
    'notice compose.yaml:4:15 services.a.volumes[0]: a volume without a name is removed with its task, …',
  ),
)

behaviour(
  97,
  'ro and rw',
  aMount('"data:/p:ro", "data:/q:rw"'),
  mounts(volume('data', { read_only: true }), { ...volume('data'), target: '/q' }),
)
behaviour(
  97,
  'nocopy, with another option',
  aMount('"data:/p:nocopy,ro"'),
  mounts(volume('data', { read_only: true, volume: { nocopy: true } })),
)
behaviour(97, 'labels of SELinux', aMount('"/d:/p:z"'), mounts(bind('/d', { selinux: 'z' })))
behaviour(
  97,
  'labels of SELinux for this container alone',
  aMount('"/d:/p:ro,Z"'),
  mounts(bind('/d', { selinux: 'Z' }, { read_only: true })),
)
behaviour(
  97,
  'propagation',
  aMount('"/a:/p:shared", "/b:/q:rslave", "/c:/r:private"'),
  mounts(
    bind('/a', { propagation: 'shared' }),
    { ...bind('/b', { propagation: 'rslave' }), target: '/q' },
    { ...bind('/c', { propagation: 'private' }), target: '/r' },
  ),
)
behaviour(
  97,
  'another option has no effect, which is told of',
  aMount('"data:/p:fast"'),
  accepted(
    mounts(volume('data')),
    'notice compose.yaml:4:15 services.a.volumes[0]: the option "fast" is unknown and has no effect; take ro or rw',
  ),
)

behaviour(
  98,
  'a part too many',
  aMount('"/a:/b:ro:x"'),
  refused(
    'compose.yaml:4:15 services.a.volumes[0]: "/a:/b:ro:x" has too many colons; write source, target and options',
  ),
)
behaviour(
  98,
  'an empty part',
  aMount('":/b"'),
  refused(
    'compose.yaml:4:15 services.a.volumes[0]: ":/b" has an empty part between its colons, as where a variable is not set; write "data:/var/lib/data"',
  ),
)
behaviour(
  98,
  'an empty part because of a variable',
  aMount('"$DATA:/b"'),
  refused(
    'notice compose.yaml:4:15 services.a.volumes[0]: variable DATA is not set; it counts as blank',
    'compose.yaml:4:15 services.a.volumes[0]: what "$DATA:/b" gives has an empty part between its colons, …',
  ),
)

behaviour(
  99,
  'a short bind makes the folder of the host where there is none',
  aMount('"/d:/p"'),
  mounts(bind('/d')),
)
behaviour(
  99,
  'a long one does not by itself',
  aMount('{type: bind, source: /d, target: /p}'),
  mounts({ type: 'bind', source: '/d', target: '/p' }),
)
behaviour(
  99,
  'a deployed stack makes it too, which Swarm cannot',
  aMount('"/d:/p"'),
  deployed({
    services: {
      a: {
        container: {
          mounts: [{ type: 'bind', source: '/d', target: '/p', readOnly: false, createHostPath: true }],
        },
      },
    },
  }),
)

behaviour(
  100,
  'a bind without a source',
  aMount('{type: bind, target: /p}'),
  refused('compose.yaml:4:15 services.a.volumes[0]: a bind mount needs a source, the path on the host'),
)
behaviour(
  100,
  'a key that is unknown',
  aMount('{type: bind, source: /d, target: /p, foo: 1}'),
  refused('compose.yaml:4:52 services.a.volumes[0].foo: unknown key'),
)
behaviour(
  100,
  'a key that is unknown below the type',
  aMount('{type: tmpfs, target: /p, tmpfs: {sise: 1m}}'),
  refused('compose.yaml:4:49 services.a.volumes[0].tmpfs.sise: unknown key; did you mean size?'),
)
behaviour(
  100,
  'what has no type and no target',
  aMount('{source: data}'),
  refused(
    'compose.yaml:4:15 services.a.volumes[0]: has no type',
    'compose.yaml:4:15 services.a.volumes[0]: has no target',
  ),
)

behaviour(
  101,
  'a volume where a tmpfs is already',
  aFile('tmpfs: [/cache]\nvolumes: ["data:/cache"]', VOLUMES),
  refused('compose.yaml:5:15 services.a.volumes[0]: /cache is already mounted by services.a.tmpfs[0]'),
)
behaviour(
  101,
  'however its path is written',
  aFile('tmpfs: ["/cache:size=1m"]\nvolumes: ["data:/cache/"]', VOLUMES),
  refused('compose.yaml:5:15 services.a.volumes[0]: /cache is already mounted by services.a.tmpfs[0]'),
)
behaviour(
  101,
  'of two volumes in one place the later counts, not both as in Swarm',
  aMount('"data:/p", "/d:/p"'),
  mounts(bind('/d')),
)
