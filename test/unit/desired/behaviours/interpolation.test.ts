import { describe } from 'vitest'
import { a, accepted, aFile, behaviour, deployed, notDeployed, refused } from './support.ts'

const SET = { TAG: 'v1', BLANK: '' }

/** A text of a file, where TAG is v1, BLANK is blank and nothing else is set. */
const text = (template: string) => ({ files: aFile(`hostname: '${template}'`), env: SET })
/** What is printed for it: with each $ doubled. */
const gives = (hostname: string) => a({ hostname })

describe('interpolation', () => {
  behaviour(16, '$NAME and ${NAME} are the value of a variable', text('$TAG-${TAG}x'), gives('v1-v1x'))
  behaviour(
    16,
    '$NAME-x ends the name at the -, which Swarm takes for a default',
    text('$TAG-x'),
    gives('v1-x'),
  )
  behaviour(
    16,
    '$NAME-x is no default where the variable is not set',
    text('$NO-x'),
    accepted(
      gives('-x'),
      'notice compose.yaml:4:15 services.a.hostname: variable NO is not set; it counts as blank',
    ),
  )
  behaviour(16, '$NAME ends at any character that is not of a name', text('$TAG.$TAG:-x'), gives('v1.v1:-x'))
  behaviour(
    16,
    'the value of a variable is not looked at again',
    { files: aFile('hostname: $REF'), env: { REF: '$TAG', TAG: 'v1' } },
    gives('$$TAG'),
  )

  behaviour(
    17,
    'a variable that is not set is blank, and told of',
    text('x${NO}'),
    accepted(
      gives('x'),
      'notice compose.yaml:4:15 services.a.hostname: variable NO is not set; it counts as blank',
    ),
  )
  behaviour(
    17,
    'a variable that is not set is told of once in a file',
    aFile('hostname: x$NO\nuser: me$NO'),
    accepted(
      a({ hostname: 'x', user: 'me' }),
      'notice compose.yaml:4:15 services.a.hostname: variable NO is not set; it counts as blank',
    ),
  )
  behaviour(17, 'a variable that is set to nothing is not told of', text('x${BLANK}'), gives('x'))
  behaviour(
    17,
    'on purpose other than in Compose, it is refused in a stack from Git',
    text('x${NO}'),
    notDeployed(
      "compose.yaml:4:15 services.a.hostname: variable NO is not set; set it in the stack's .env, under x-setpoint.variables or in a --variables file, give a default as in ${NO:-default}, or write $$ for a literal $",
    ),
  )
  behaviour(
    17,
    'it is blank in a stack from Git that asks for it',
    { files: aFile('hostname: x${NO}', 'x-setpoint: {unset: blank}\n') },
    deployed(
      { services: { a: { container: { hostname: 'x' } } } },
      'notice compose.yaml:4:15 services.a.hostname: variable NO is not set; it counts as blank',
    ),
  )

  behaviour(18, '${V:-def} is def where V is not set', text('${NO:-def}'), gives('def'))
  behaviour(18, '${V:-def} is def where V is blank', text('${BLANK:-def}'), gives('def'))
  behaviour(18, '${V:-def} is the value where V has one', text('${TAG:-def}'), gives('v1'))
  behaviour(18, '${V:-} is blank, and not told of', text('x${NO:-}'), gives('x'))

  behaviour(19, '${V-def} is def where V is not set', text('${NO-def}'), gives('def'))
  behaviour(19, '${V-def} is blank where V is', text('x${BLANK-def}'), gives('x'))
  behaviour(19, '${V-def} is the value where V has one', text('${TAG-def}'), gives('v1'))

  behaviour(
    20,
    '${V:?why} refuses a V that is not set',
    text('${NO:?choose one}'),
    refused('compose.yaml:4:15 services.a.hostname: required variable NO is missing a value: choose one'),
  )
  behaviour(
    20,
    '${V:?why} refuses a blank V',
    text('${BLANK:?choose one}'),
    refused('compose.yaml:4:15 services.a.hostname: required variable BLANK is missing a value: choose one'),
  )
  behaviour(20, '${V:?why} is the value where V has one', text('${TAG:?choose one}'), gives('v1'))
  behaviour(
    20,
    '${V:?} refuses without a reason',
    text('${NO:?}'),
    refused('compose.yaml:4:15 services.a.hostname: required variable NO is missing a value'),
  )

  behaviour(21, '${V?why} takes a blank V', text('x${BLANK?choose one}'), gives('x'))
  behaviour(
    21,
    '${V?why} refuses a V that is not set',
    text('${NO?choose one}'),
    refused('compose.yaml:4:15 services.a.hostname: required variable NO is missing a value: choose one'),
  )
  behaviour(
    21,
    '${V?} refuses without a reason',
    text('${NO?}'),
    refused('compose.yaml:4:15 services.a.hostname: required variable NO is missing a value'),
  )
  behaviour(
    21,
    'the reason may hold variables',
    text('${NO?not $TAG}'),
    refused('compose.yaml:4:15 services.a.hostname: required variable NO is missing a value: not v1'),
  )

  behaviour(22, '${V:+alt} is alt where V has a value', text('${TAG:+alt}'), gives('alt'))
  behaviour(
    22,
    '${V:+alt} is blank where V is blank or not set',
    text('x${BLANK:+alt}${NO:+alt}'),
    gives('x'),
  )
  behaviour(
    22,
    '${V+alt} is alt also where V is blank',
    text('${TAG+alt}-${BLANK+alt}-${NO+alt}'),
    gives('alt-alt-'),
  )

  behaviour(23, '$$ is one $, and printed as $$ again', text('$$TAG'), gives('$$TAG'))
  behaviour(23, '$$ keeps what follows from being a variable', text('$${TAG}$$$TAG'), gives('$${TAG}$$v1'))
  behaviour(
    23,
    '$$ is printed as $$ in YAML, too',
    { ...text('$$TAG'), flags: { output: 'yaml' } },
    gives('$$TAG'),
  )
  behaviour(
    23,
    'a container sees one $ for $$',
    aFile('command: echo 5$$'),
    deployed({ services: { a: { container: { command: ['echo', '5$'] } } } }),
  )

  behaviour(24, 'a $ before nothing stays, which Swarm refuses', text('^[a-z]+$'), gives('^[a-z]+$$'))
  behaviour(24, 'a $ before a blank stays', text('5 $ each'), gives('5 $$ each'))
  behaviour(24, 'a $ before what begins no name stays', text('$} $1 $(date)'), gives('$$} $$1 $$(date)'))

  behaviour(
    25,
    '${ without an end is refused',
    text('a${'),
    refused(
      'compose.yaml:4:15 services.a.hostname: invalid interpolation "${"; write ${NAME}, ${NAME:-default} or ${NAME:?message}, or $$ for a literal $',
    ),
  )
  behaviour(
    25,
    '${NAME without an end is refused',
    text('a${TAG'),
    refused(
      'compose.yaml:4:15 services.a.hostname: invalid interpolation "${TAG"; write ${TAG}, ${TAG:-default} or ${TAG:?message}, or $$ for a literal $',
    ),
  )
  behaviour(
    25,
    '${} is refused',
    text('${}'),
    refused(
      'compose.yaml:4:15 services.a.hostname: invalid interpolation "${}"; write ${NAME}, ${NAME:-default} or ${NAME:?message}, or $$ for a literal $',
    ),
  )
  behaviour(
    25,
    'a name after a blank is refused',
    text('${ TAG}'),
    refused(
      'compose.yaml:4:15 services.a.hostname: invalid interpolation "${ TAG}"; write ${TAG}, ${TAG:-default} or ${TAG:?message}, or $$ for a literal $',
    ),
  )
  behaviour(
    25,
    'a name that ends with another sign is refused',
    text('${TAG!}'),
    refused(
      'compose.yaml:4:15 services.a.hostname: invalid interpolation "${TAG!}"; write ${TAG}, ${TAG:-default} or ${TAG:?message}, or $$ for a literal $',
    ),
  )

  behaviour(
    26,
    'a default may hold variables, which Swarm does not fill in',
    text('${NO:-${NOR:-x}_$TAG}'),
    gives('x_v1'),
  )
  behaviour(
    26,
    'a default may hold defaults to any depth',
    text('${NO-${NOR-${NOT-${BLANK:-$TAG}}}}'),
    gives('v1'),
  )
  behaviour(26, 'what stands after + may hold variables', text('${TAG:+tag=$TAG}'), gives('tag=v1'))

  behaviour(
    27,
    'a $ of a password hash takes letters with it, with advice',
    text('${NO:-$2y$05$oZ/k}'),
    accepted(
      gives('$$2y$$05/k'),
      'notice compose.yaml:4:15 services.a.hostname: variable oZ is not set; it counts as blank: in what looks like a password hash, write $$ for each $',
    ),
  )
  behaviour(
    27,
    'it does so outside a default, too',
    text('$apr1$oZ$/k'),
    accepted(
      gives('$$/k'),
      'notice compose.yaml:4:15 services.a.hostname: variable apr1 is not set; it counts as blank: in what looks like a password hash, write $$ for each $',
      'notice compose.yaml:4:15 services.a.hostname: variable oZ is not set; it counts as blank: in what looks like a password hash, write $$ for each $',
    ),
  )
  behaviour(
    27,
    'a password hash is kept with each $ doubled',
    text('${NO:-$$2y$$05$$oZ/k}'),
    gives('$$2y$$05$$oZ/k'),
  )

  behaviour(28, 'a default may hold braces', text('${NO:-{"json":{"n":1}}}'), gives('{"json":{"n":1}}'))
  behaviour(
    28,
    'braces of a default that is not taken are passed over',
    text('${TAG:-{{.Name}}}'),
    gives('v1'),
  )

  behaviour(
    29,
    'the first sign after the name counts, what follows is text',
    text('${NO-one?two}'),
    gives('one?two'),
  )
  behaviour(29, 'after ? other signs are text', text('${TAG?one-two+three}'), gives('v1'))
  behaviour(29, 'after :- another :- is text', text('${NO:-a:-b}'), gives('a:-b'))

  behaviour(
    30,
    'what is not taken after + is not looked at, unlike in Compose 2.40',
    text('x${NO:+${NOR:?never}}'),
    gives('x'),
  )
  behaviour(30, 'a default that is not taken is not looked at', text('${TAG:-$NO}'), gives('v1'))
  behaviour(30, 'a reason that is not needed is not looked at', text('${TAG?${NO}}'), gives('v1'))
  behaviour(
    30,
    'what is taken after + is looked at',
    text('${TAG:+${NO:?always}}'),
    refused('compose.yaml:4:15 services.a.hostname: required variable NO is missing a value: always'),
  )

  behaviour(
    31,
    'keys are left as they are',
    { files: aFile('labels: {"$TAG": $TAG}'), env: SET },
    a({ labels: { $$TAG: 'v1' } }),
  )
  behaviour(
    31,
    'comments are not looked at',
    { files: aFile('user: me # ${ broken $TAG'), env: SET },
    a({ user: 'me' }),
  )
  behaviour(
    31,
    'a NAME=value of a list is a value',
    { files: aFile('environment: ["NAME_$TAG=$TAG"]'), env: SET },
    a({ environment: { NAME_v1: 'v1' } }),
  )

  behaviour(
    32,
    'a variable is a whole number where one is wanted',
    { files: aFile('deploy: {replicas: $N}'), env: { N: '5' } },
    a({ deploy: { replicas: 5, resources: {}, placement: {} } }),
  )
  behaviour(
    32,
    'a variable is a boolean, a fraction, a duration or a size where one is wanted',
    {
      files: aFile('init: $B\ncpus: $C\nstop_grace_period: $D\nmem_limit: $S'),
      env: { B: 'true', C: '0.5', D: '90s', S: '1m' },
    },
    a({ init: true, cpus: 0.5, stop_grace_period: '1m30s', mem_limit: '1048576' }),
  )
  behaviour(
    32,
    'a variable is a port where one is wanted',
    { files: aFile('ports: [{target: $T, published: $T}]'), env: { T: '80' } },
    a({ ports: [{ mode: 'ingress', target: 80, published: '80', protocol: 'tcp' }] }),
  )
  behaviour(
    32,
    'a variable is the text that it is where a text is wanted',
    { files: aFile('hostname: $N\nenvironment: {B: $B}'), env: { N: '5', B: 'true' } },
    a({ hostname: '5', environment: { B: 'true' } }),
  )

  behaviour(
    33,
    'a blank variable is no boolean',
    { files: aFile('privileged: $BLANK'), env: SET },
    refused('compose.yaml:4:17 services.a.privileged: must be true or false, not ""'),
  )
  behaviour(
    33,
    'a word is no number',
    { files: aFile('deploy: {replicas: $TAG}'), env: SET },
    refused('compose.yaml:4:24 services.a.deploy.replicas: must be a whole number, not what "$TAG" gives'),
  )
  behaviour(
    33,
    'a variable that is not set is told of beside the wrong value',
    { files: aFile('privileged: $NO'), env: SET },
    refused(
      'notice compose.yaml:4:17 services.a.privileged: variable NO is not set; it counts as blank',
      'compose.yaml:4:17 services.a.privileged: must be true or false, not ""',
    ),
  )
  behaviour(
    33,
    'a word is no duration and no size',
    { files: aFile('stop_grace_period: $TAG\nmem_limit: $TAG'), env: SET },
    refused(
      'compose.yaml:4:24 services.a.stop_grace_period: must be a duration with its unit, as in 30s or 1m30s, not what "$TAG" gives',
      'compose.yaml:5:16 services.a.mem_limit: must be a size, as in 512m or 1gb, or -1 for no limit, not what "$TAG" gives',
    ),
  )
})
