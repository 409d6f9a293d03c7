import { describe } from 'vitest'
import { a, accepted, aFile, behaviour, deployed, notDeployed, refused } from './support.ts'

/** A service whose env file holds these lines. */
const file = (lines: string, env = {}) => ({
  files: { 'compose.yaml': aFile('env_file: vars.env'), 'vars.env': lines },
  env,
})
/** A service that shows TAG, beside other files. */
const shows = (more: Record<string, string>) => ({ 'compose.yaml': aFile('hostname: $TAG'), ...more })
const gives = (environment: Record<string, string | null>) => a({ environment })

describe('.env and env_file', () => {
  behaviour(
    34,
    'the environment wins over .env',
    { files: shows({ '.env': 'TAG=file\n' }), env: { TAG: 'outer' }, flags: {} },
    a({ hostname: 'outer' }),
  )
  behaviour(
    34,
    'the environment wins also with a blank value',
    { files: shows({ '.env': 'TAG=file\n' }), env: { TAG: '' }, flags: {} },
    a({ hostname: undefined }),
  )
  behaviour(
    34,
    '.env is that of the project directory',
    {
      files: { '.env': 'TAG=here\n', 'app/.env': 'TAG=app\n', 'app/compose.yaml': aFile('hostname: $TAG') },
      flags: { file: ['app/compose.yaml'] },
    },
    a({ hostname: 'app' }),
  )
  behaviour(
    34,
    '.env is that of the project directory that is given',
    {
      files: { '.env': 'TAG=here\n', 'app/.env': 'TAG=app\n', 'app/compose.yaml': aFile('hostname: $TAG') },
      flags: { file: ['app/compose.yaml'], projectDirectory: '.' },
    },
    a({ hostname: 'here' }),
  )

  behaviour(
    35,
    '.env alone sets a variable, which Swarm does not see',
    { files: shows({ '.env': 'TAG=file\n' }), flags: {} },
    a({ hostname: 'file' }),
  )
  behaviour(
    35,
    '.env sets variables of a stack from Git',
    { files: shows({ '.env': 'TAG=file\n' }) },
    deployed({ services: { a: { container: { hostname: 'file' } } } }),
  )
  behaviour(
    35,
    'the settings of the source win over .env',
    { files: shows({ '.env': 'TAG=file\n' }), env: { TAG: 'outer' } },
    deployed({ services: { a: { container: { hostname: 'outer' } } } }),
  )
  behaviour(
    35,
    '.env is no env_file: containers do not get what it sets',
    { files: { ...shows({ '.env': 'TAG=file\n' }) }, flags: {} },
    a({ environment: undefined }),
  )

  behaviour(
    36,
    'of several --env-file the later wins',
    { files: shows({ one: 'TAG=1\n', two: 'TAG=2\n' }), flags: { envFile: ['one', 'two'] } },
    a({ hostname: '2' }),
  )
  behaviour(
    36,
    'of several --env-file what only the earlier sets stays',
    { files: shows({ one: 'TAG=1\n', two: 'OTHER=2\n' }), flags: { envFile: ['one', 'two'] } },
    a({ hostname: '1' }),
  )
  behaviour(
    36,
    'of several --env-file the later may use what the earlier sets',
    { files: shows({ one: 'N=1\n', two: 'TAG=v$N\n' }), flags: { envFile: ['one', 'two'] } },
    a({ hostname: 'v1' }),
  )
  behaviour(
    36,
    '.env is not read beside --env-file',
    { files: shows({ one: 'OTHER=1\n', '.env': 'TAG=file\n' }), flags: { envFile: ['one'] } },
    accepted(
      a({ hostname: undefined }),
      'notice compose.yaml:4:15 services.a.hostname: variable TAG is not set; it counts as blank',
    ),
  )
  behaviour(
    36,
    'a missing --env-file is refused',
    { files: shows({}), env: { TAG: 'x' }, flags: { envFile: ['missing.env'] } },
    refused('missing.env: there is no such file'),
  )

  behaviour(37, 'single quotes keep what they hold', file(`PRICE='5 $TAG'`), gives({ PRICE: '5 $$TAG' }))
  behaviour(
    37,
    'single quotes keep a backslash',
    file(`LINES='one\\ntwo \\$TAG'`),
    gives({ LINES: 'one\\ntwo \\$$TAG' }),
  )
  behaviour(
    37,
    'single quotes keep a line end',
    file(`LINES='one\ntwo'\nTAG=v1`),
    gives({ LINES: 'one\ntwo', TAG: 'v1' }),
  )

  behaviour(
    38,
    'double quotes fill in variables',
    file('N=1\nTAG="v$N ${N}"'),
    gives({ N: '1', TAG: 'v1 1' }),
  )
  behaviour(
    38,
    'double quotes know escapes',
    file('LINES="one\\ntwo\\tthree"'),
    gives({ LINES: 'one\ntwo\tthree' }),
  )
  behaviour(38, 'in double quotes \\$ is a $', file('PRICE="5\\$TAG"'), gives({ PRICE: '5$$TAG' }))
  behaviour(38, 'in double quotes \\" is a quote', file('SAID="a \\"b\\" c"'), gives({ SAID: 'a "b" c' }))
  behaviour(
    38,
    'double quotes may hold line ends',
    file('LINES="one\ntwo"\nTAG=v1'),
    gives({ LINES: 'one\ntwo', TAG: 'v1' }),
  )

  behaviour(39, 'blanks around = and the value are dropped', file('TAG =  v1  '), gives({ TAG: 'v1' }))
  behaviour(
    39,
    'a # after a blank begins a comment',
    file('TAG=v1 # the first\n# all of it\nN="1" # one'),
    gives({ TAG: 'v1', N: '1' }),
  )
  behaviour(39, 'a # within a word begins none', file('TAG=v#1'), gives({ TAG: 'v#1' }))
  behaviour(39, 'a # in quotes begins none', file('TAG="v # 1"'), gives({ TAG: 'v # 1' }))
  behaviour(39, 'unquoted values hold variables', file('N=1\nTAG=v$N'), gives({ N: '1', TAG: 'v1' }))

  behaviour(40, 'export may stand before a name', file('export TAG=v1'), gives({ TAG: 'v1' }))
  behaviour(40, 'a : may stand for the =', file('TAG: v1'), gives({ TAG: 'v1' }))

  behaviour(
    41,
    'a quote that does not end is refused',
    file('N=1\nTAG="v1\nX=1'),
    refused('vars.env:2:5 the quote of TAG is not closed'),
  )
  behaviour(
    41,
    'a single quote that does not end is refused',
    file(`TAG='v1`),
    refused('vars.env:1:5 the quote of TAG is not closed'),
  )

  behaviour(
    42,
    'a name with a blank in it is refused',
    file('N=1\nTAG V1'),
    refused('vars.env:2:1 this line is no NAME=value: a name has no space'),
  )
  behaviour(
    42,
    'every line with a blank in its name is told',
    file('A B=1\nC D=1'),
    refused(
      'vars.env:1:1 this line is no NAME=value: a name has no space',
      'vars.env:2:1 this line is no NAME=value: a name has no space',
    ),
  )

  behaviour(
    43,
    'a name alone takes its value from outside',
    file('TAG\nN=1', { TAG: 'v1' }),
    gives({ TAG: 'v1', N: '1' }),
  )
  behaviour(43, 'a name alone is left out where there is no such value', file('TAG\nN=1'), gives({ N: '1' }))
  behaviour(43, 'a name alone takes a blank value', file('TAG', { TAG: '' }), gives({ TAG: '' }))

  behaviour(
    44,
    'what the file has set before may be used',
    file('N=${M:-1}\nTAG=v$N'),
    gives({ N: '1', TAG: 'v1' }),
  )
  behaviour(44, 'what is set outside may be used', file('TAG=v$N', { N: '2' }), gives({ TAG: 'v2' }))
  behaviour(
    44,
    'what is set outside wins over what the file has set',
    file('N=1\nTAG=v$N', { N: '2' }),
    gives({ N: '1', TAG: 'v2' }),
  )
  behaviour(
    44,
    'what is set further down may not be used',
    file('TAG=v$N\nN=1'),
    accepted(
      gives({ TAG: 'v', N: '1' }),
      'notice vars.env:1:5 TAG: variable N is not set; it counts as blank',
    ),
  )
  behaviour(
    44,
    'what an earlier file has set may be used',
    { files: { 'compose.yaml': aFile('env_file: [one, two]'), one: 'N=1', two: 'TAG=v$N' } },
    gives({ N: '1', TAG: 'v1' }),
  )

  behaviour(45, 'a mark of the byte order is passed over', file('\ufeffTAG=v1'), gives({ TAG: 'v1' }))
  behaviour(
    45,
    'the line ends of Windows are passed over',
    file('TAG=v1\r\nN="1"\r\nM\r\n'),
    gives({ TAG: 'v1', N: '1' }),
  )
  behaviour(45, 'a name may hold . and -', file('a.b-c=1'), gives({ 'a.b-c': '1' }))

  behaviour(
    46,
    'a later env_file wins, environment over all',
    {
      files: {
        'compose.yaml': aFile('env_file: [one, two]\nenvironment: {C: own}'),
        one: 'A=1\nB=1\nC=1',
        two: 'B=2\nC=2',
      },
    },
    gives({ A: '1', B: '2', C: 'own' }),
  )
  behaviour(
    46,
    'environment wins also with a blank value',
    { files: { 'compose.yaml': aFile('env_file: one\nenvironment: {A: ""}'), one: 'A=1' } },
    gives({ A: '' }),
  )

  behaviour(
    47,
    'an env file that is missing is refused',
    aFile('env_file: none.env'),
    refused(
      'compose.yaml:4:15 services.a.env_file[0].path: env file none.env not found; add it, correct the path, or write required: false beside it if it may be missing',
    ),
  )
  behaviour(
    47,
    'an env file that need not be there is passed over',
    aFile('env_file: [{path: none.env, required: false}]'),
    a({ environment: undefined }),
  )
  behaviour(
    47,
    'an env file that need not be there is read',
    { files: { 'compose.yaml': aFile('env_file: [{path: one, required: false}]'), one: 'A=1' } },
    gives({ A: '1' }),
  )
  behaviour(
    47,
    'on purpose other than in Compose, an env file outside the source is refused',
    aFile('env_file: ../../none.env'),
    notDeployed(
      'compose.yaml:4:15 services.a.env_file[0].path: ../none.env leads out of the checkout; only files of the repository are read',
    ),
  )

  behaviour(
    48,
    'a raw file is taken as it is',
    {
      files: {
        'compose.yaml': aFile('env_file: [{path: one, format: raw}]'),
        one: `A="1" # x\nB='$A'\nC= c `,
      },
    },
    gives({ A: '"1" # x', B: "'$$A'", C: ' c ' }),
  )
  behaviour(
    48,
    'there is no format but raw',
    { files: { 'compose.yaml': aFile('env_file: [{path: one, format: json}]'), one: 'A=1' } },
    refused('compose.yaml:4:36 services.a.env_file[0].format: must be raw, not "json"'),
  )

  behaviour(
    49,
    'variables may stand in a mapping',
    aFile('environment: {A: one, B: "", C: x=y}'),
    gives({ A: 'one', B: '', C: 'x=y' }),
  )
  behaviour(
    49,
    'variables may stand in a list',
    aFile('environment: [A=one, B=, C=x=y]'),
    gives({ A: 'one', B: '', C: 'x=y' }),
  )
  behaviour(
    49,
    'numbers and booleans are texts',
    aFile('environment: {A: 8080, B: 1.5, C: true, D: 0440}'),
    gives({ A: '8080', B: '1.5', C: 'true', D: '288' }),
  )
  behaviour(
    49,
    'a variable without a value takes that from outside, or has none',
    { files: aFile('environment: {TAG: , NO: ~}'), env: { TAG: 'v1' } },
    gives({ TAG: 'v1', NO: null }),
  )
  behaviour(
    49,
    'a name in a list takes its value from outside, or has none',
    { files: aFile('environment: [TAG, NO]'), env: { TAG: 'v1' } },
    gives({ TAG: 'v1', NO: null }),
  )
  behaviour(
    49,
    'a variable without any value is not there in a container',
    aFile('environment: [NO]'),
    deployed(
      { services: { a: { container: { environment: {} } } } },
      'notice compose.yaml:4:19 services.a.environment.NO: NO has no value and no variable of that name is set; left out',
    ),
  )

  behaviour(
    50,
    'a blank value stays blank, where Swarm takes that from outside',
    { files: aFile('environment: {TAG: ""}'), env: { TAG: 'v1' } },
    gives({ TAG: '' }),
  )
  behaviour(
    50,
    'a blank value stays blank in a list',
    { files: aFile('environment: [TAG=]'), env: { TAG: 'v1' } },
    gives({ TAG: '' }),
  )
  behaviour(
    50,
    'a blank value stays blank in a container',
    { files: aFile('environment: [TAG=]'), env: { TAG: 'v1' } },
    deployed({ services: { a: { container: { environment: { TAG: '' } } } } }),
  )

  behaviour(
    51,
    'a text is no environment',
    aFile('environment: A=1'),
    refused(
      'compose.yaml:4:18 services.a.environment: must be a mapping or a list of variables, as in "NAME=value", not "A=1"',
    ),
  )
  behaviour(
    51,
    'a list is no value',
    aFile('environment: {A: [1]}'),
    refused(
      'compose.yaml:4:22 services.a.environment.A: must be a string, a number or a boolean, not a list',
    ),
  )
  behaviour(
    51,
    'a mapping in a list is no variable',
    aFile('environment: [{A: 1}]'),
    refused(
      'compose.yaml:4:19 services.a.environment[0]: must be a string, as in "NAME=value", not a mapping',
    ),
  )
  behaviour(
    51,
    'a name does not end with a blank',
    aFile('environment: [DEBUG = true]'),
    refused(
      'compose.yaml:4:19 services.a.environment[0]: the name "DEBUG " ends in a space; write NAME=value',
    ),
  )
})
