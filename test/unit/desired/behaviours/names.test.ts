import { describe } from 'vitest'
import { a, accepted, aFile, behaviour, deployed, refused } from './support.ts'

const NAMED = `name: own\n${aFile('user: me')}`
const PLAIN = aFile('user: me')
const asked = (COMPOSE_PROJECT_NAME: string) => ({ COMPOSE_PROJECT_NAME })

describe('project and resource names', () => {
  behaviour(
    52,
    '-p names the project before all else',
    { files: NAMED, env: asked('outer'), flags: { projectName: 'given' } },
    { name: 'given' },
  )
  behaviour(
    52,
    'COMPOSE_PROJECT_NAME names it before the file',
    { files: NAMED, env: asked('outer'), flags: {} },
    { name: 'outer' },
  )
  behaviour(
    52,
    'COMPOSE_PROJECT_NAME may stand in .env',
    { files: { 'compose.yaml': NAMED, '.env': 'COMPOSE_PROJECT_NAME=dot' }, flags: {} },
    { name: 'dot' },
  )
  behaviour(
    52,
    'name: in the file names it before the folder',
    { files: NAMED, env: asked(''), flags: {} },
    { name: 'own' },
  )
  behaviour(52, 'the folder names it where nothing else does', { files: PLAIN, flags: {} }, { name: 'shop' })
  behaviour(
    52,
    'the name of the folder is made small, and loses other signs',
    { files: { 'My Shop.2/compose.yaml': PLAIN }, flags: { file: ['My Shop.2/compose.yaml'] } },
    { name: 'myshop2' },
  )

  behaviour(
    53,
    'a capital letter in -p is refused',
    { files: PLAIN, flags: { projectName: 'MY_SHOP' } },
    refused(
      '-p "MY_SHOP" is no project name: only lower case letters, digits, - and _, beginning with a letter or digit, at most 63',
    ),
  )
  behaviour(
    53,
    'a dot in COMPOSE_PROJECT_NAME is refused',
    { files: PLAIN, env: asked('my.shop'), flags: {} },
    refused(
      'COMPOSE_PROJECT_NAME "my.shop" is no project name: only lower case letters, digits, - and _, beginning with a letter or digit, at most 63',
    ),
  )
  behaviour(
    53,
    'a - or _ before all is refused',
    { files: PLAIN, flags: { projectName: '_shop' } },
    refused(
      '-p "_shop" is no project name: only lower case letters, digits, - and _, beginning with a letter or digit, at most 63',
    ),
  )
  behaviour(
    53,
    'a digit before all is fine',
    { files: PLAIN, flags: { projectName: '2shop' } },
    { name: '2shop' },
  )
  behaviour(
    53,
    'in name: such signs are changed, and told of, which Compose does not',
    { files: `name: My.Shop\n${PLAIN}`, flags: {} },
    accepted(
      { name: 'myshop' },
      'notice compose.yaml:1:7 name: the stack is called myshop: lower case letters, digits, - and _',
    ),
  )
  behaviour(
    53,
    'a name: of nothing but such signs is refused',
    { files: `name: "--"\n${PLAIN}`, flags: {} },
    refused('compose.yaml:1:7 name: "--" has no letter or digit to make a name of'),
  )

  behaviour(
    54,
    'name: may hold variables',
    { files: `name: x-\${T}-y\n${PLAIN}`, env: { T: 't' }, flags: {} },
    { name: 'x-t-y' },
  )
  behaviour(
    54,
    'the name: of the last file wins',
    {
      files: { 'compose.yaml': NAMED, 'second.yaml': 'name: second\n' },
      flags: { file: ['compose.yaml', 'second.yaml'] },
    },
    { name: 'second' },
  )
  behaviour(
    54,
    'a later file without name: leaves it',
    {
      files: { 'compose.yaml': NAMED, 'second.yaml': PLAIN },
      flags: { file: ['compose.yaml', 'second.yaml'] },
    },
    { name: 'own' },
  )
  behaviour(
    54,
    'values may hold the name',
    { files: `name: own\n${aFile('hostname: ${COMPOSE_PROJECT_NAME}-web')}`, flags: {} },
    a({ hostname: 'own-web' }),
  )
  behaviour(
    54,
    'values may hold the name that the folder gives',
    { files: aFile('hostname: $COMPOSE_PROJECT_NAME-web'), flags: {} },
    a({ hostname: 'shop-web' }),
  )

  behaviour(55, 'a service without networks joins default', PLAIN, {
    networks: { default: { name: 'shop_default', ipam: {} } },
    ...a({ networks: { default: null } }),
  })
  behaviour(
    55,
    'default is not there when no service joins it',
    aFile('networks: [back]', 'networks: {back: }\n'),
    { networks: { default: undefined, back: { name: 'shop_back', ipam: {} } } },
  )
  behaviour(
    55,
    'other things are called PROJECT_KEY',
    aFile(
      'networks: [back]\nvolumes: ["data:/data"]\nsecrets: [key]\nconfigs: [conf]',
      'networks: {back: }\nvolumes: {data: }\nsecrets: {key: {file: key.txt}}\nconfigs: {conf: {content: x}}\n',
    ),
    accepted({
      networks: { back: { name: 'shop_back' } },
      volumes: { data: { name: 'shop_data' } },
      secrets: { key: { name: 'shop_key' } },
      configs: { conf: { name: 'shop_conf' } },
    }),
  )
  behaviour(
    55,
    'a name: is taken as it is',
    aFile(
      'networks: [back]\nvolumes: ["data:/data"]',
      'networks: {back: {name: The.Back}}\nvolumes: {data: {name: The.Data}}\n',
    ),
    { networks: { back: { name: 'The.Back' } }, volumes: { data: { name: 'The.Data' } } },
  )
  behaviour(
    55,
    'what is external has its key for a name',
    aFile(
      'networks: [back]\nvolumes: ["data:/data"]',
      'networks: {back: {external: true}}\nvolumes: {data: {external: true, name: kept}}\n',
    ),
    {
      networks: { back: { name: 'back', external: true } },
      volumes: { data: { name: 'kept', external: true } },
    },
  )

  behaviour(
    56,
    'what a stack deploys is called STACK_KEY',
    aFile('networks: [back]\nvolumes: ["data:/data"]', 'networks: {back: }\nvolumes: {data: }\n'),
    deployed({
      name: 'shop',
      networks: { shop_back: { name: 'shop_back' } },
      volumes: { shop_data: { name: 'shop_data' } },
    }),
  )
  behaviour(
    56,
    'what a stack deploys is called what name: says',
    aFile(
      'networks: [back]\nvolumes: ["data:/data"]',
      'networks: {back: {name: lan}}\nvolumes: {data: {name: kept}}\n',
    ),
    deployed({ networks: { lan: { external: false } }, volumes: { kept: { external: false } } }),
  )
  behaviour(
    56,
    'on purpose other than in Swarm containers have no labels but those of the file',
    aFile('labels: {team: shop}'),
    deployed({ services: { a: { container: { labels: { team: 'shop' } } } } }),
  )

  behaviour(
    57,
    'external: {name: x} is an external x, and told of',
    aFile('volumes: ["data:/data"]', 'volumes:\n  data:\n    external: {name: kept}\n'),
    accepted(
      { volumes: { data: { external: true, name: 'kept' } } },
      'notice compose.yaml:7:15 volumes.data.external: external.name is deprecated; write name, and external: true',
    ),
  )
  behaviour(
    57,
    'external: {name: x} is refused beside another name',
    aFile('volumes: ["data:/data"]', 'volumes:\n  data:\n    external: {name: kept}\n    name: other\n'),
    refused(
      'compose.yaml:7:22 volumes.data.external.name: name says "other" and external.name "kept"; keep name only',
    ),
  )
  behaviour(
    57,
    'external: {name: x} is fine beside the same name',
    aFile('volumes: ["data:/data"]', 'volumes:\n  data:\n    external: {name: kept}\n    name: kept\n'),
    accepted(
      { volumes: { data: { external: true, name: 'kept' } } },
      'notice compose.yaml:7:15 volumes.data.external: external.name is deprecated; write name, and external: true',
    ),
  )
  behaviour(
    57,
    'external: {name: x} is the same in networks, secrets and configs',
    aFile(
      'networks: [back]',
      'networks: {back: {external: {name: lan}}}\nsecrets: {key: {external: {name: k}}}\nconfigs: {conf: {external: {name: c}}}\n',
    ),
    accepted(
      { networks: { back: { external: true, name: 'lan', ipam: {} } } },
      'notice compose.yaml:5:29 networks.back.external: external.name is deprecated; write name, and external: true',
      'notice compose.yaml:6:27 secrets.key.external: external.name is deprecated; write name, and external: true',
      'notice compose.yaml:7:28 configs.conf.external: external.name is deprecated; write name, and external: true',
    ),
  )

  behaviour(
    58,
    'what is external has no driver',
    aFile('user: me', 'volumes:\n  data: {external: true, driver: local}\n'),
    refused('compose.yaml:6:26 volumes.data.driver: stands beside external: true; remove one of them'),
  )
  behaviour(
    58,
    'what is external has no options of a driver',
    aFile('user: me', 'volumes:\n  data: {external: true, driver_opts: {type: nfs}}\n'),
    refused('compose.yaml:6:26 volumes.data.driver_opts: stands beside external: true; remove one of them'),
  )
  behaviour(
    58,
    'what is external has no labels',
    aFile('user: me', 'volumes:\n  data: {external: true, labels: {team: shop}}\n'),
    refused('compose.yaml:6:26 volumes.data.labels: stands beside external: true; remove one of them'),
  )
  behaviour(
    58,
    'in networks such keys are read over, and told of',
    aFile('networks: [back]', 'networks:\n  back: {external: true, driver: bridge, labels: {team: shop}}\n'),
    accepted(
      { networks: { back: { name: 'back', external: true } } },
      'notice compose.yaml:6:34 networks.back.driver: has no effect, because an external network has the settings of the stack that declares it',
      'notice compose.yaml:6:50 networks.back.labels: has no effect, because an external network has the settings of the stack that declares it',
    ),
  )
  behaviour(
    58,
    'what is not external may have all of them',
    aFile(
      'volumes: ["data:/data"]',
      'volumes:\n  data: {external: false, driver: local, labels: {team: shop}}\n',
    ),
    { volumes: { data: { name: 'shop_data', driver: 'local', labels: { team: 'shop' } } } },
  )
})
