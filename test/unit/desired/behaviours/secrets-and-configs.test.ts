import { a, accepted, aFile, behaviour, refused } from './support.ts'

const KEY = 'secrets: {key: {file: ./key.txt}}'
const CONFIG = 'configs: {settings: {file: ./app.ini}}'
const aSecret = (long: string) => aFile(`secrets: [${long}]`, KEY)
const secret = (more: object = {}) => a({ secrets: [{ source: 'key', target: '/run/secrets/key', ...more }] })

behaviour(102, 'a secret by its name is below /run/secrets', aSecret('key'), {
  ...secret(),
  secrets: { key: { name: 'shop_key', file: '/srv/shop/key.txt' } },
})
behaviour(
  102,
  'a config by its name is at the root, which its absent target means',
  aFile('configs: [settings]', CONFIG),
  {
    services: { a: { configs: [{ source: 'settings' }] } },
    configs: { settings: { name: 'shop_settings', file: '/srv/shop/app.ini' } },
  },
)
behaviour(102, 'the long form is the same where it says nothing else', aSecret('{source: key}'), secret())
behaviour(
  102,
  'a target stays as it is written; a relative one is below /run/secrets',
  aSecret('{source: key, target: tls.key}'),
  secret({ target: 'tls.key' }),
)
behaviour(
  102,
  'its owner is kept',
  aSecret('{source: key, target: /etc/tls.key, uid: "103", gid: "104"}'),
  secret({ target: '/etc/tls.key', uid: '103', gid: '104' }),
)
behaviour(
  103,
  'digits with a leading zero are octal',
  aSecret('{source: key, mode: 0440}'),
  secret({ mode: '0440' }),
)
behaviour(103, 'so are those of YAML 1.2', aSecret('{source: key, mode: 0o440}'), secret({ mode: '0440' }))
behaviour(
  103,
  'and those in quotes, not refused as by Swarm',
  aSecret('{source: key, mode: "0440"}'),
  secret({ mode: '0440' }),
)
behaviour(
  103,
  'in a config too',
  aFile('configs: [{source: settings, mode: 0440}]', CONFIG),
  a({ configs: [{ source: 'settings', mode: '0440' }] }),
)
behaviour(
  103,
  'without the zero they are a decimal number, which nobody means',
  aSecret('{source: key, mode: 440}'),
  accepted(
    secret({ mode: '0670' }),
    'notice compose.yaml:4:35 services.a.secrets[0].mode: 440 without a leading zero is a decimal number, the mode 0670; write 0440 if that is what you mean',
  ),
)
behaviour(
  103,
  'other digits are told of',
  aSecret('{source: key, mode: "0999"}'),
  refused('compose.yaml:4:35 services.a.secrets[0].mode: must be an octal file mode, as in 0440, not "0999"'),
)

const aConfig = (lines: string) => aFile('configs: [c]', `configs:\n  c: {${lines}}`)
const theSecret = (lines: string) => aFile('secrets: [s]', `secrets:\n  s: {${lines}}`)
behaviour(
  104,
  'a config has a file, a variable or a content',
  aConfig(''),
  refused('compose.yaml:6:6 configs.c: needs one of file, environment, content'),
)
behaviour(
  104,
  'it has one of them',
  aConfig('file: f, content: text'),
  refused('compose.yaml:6:16 configs.c.content: stands beside file; keep one'),
)
behaviour(
  104,
  'a secret has a file or a variable',
  theSecret(''),
  refused('compose.yaml:6:6 secrets.s: needs one of file, environment'),
)
behaviour(
  104,
  'it has one of them',
  { files: theSecret('file: f, environment: V'), env: { V: 'text' } },
  refused('compose.yaml:6:16 secrets.s.environment: stands beside file; keep one'),
)
behaviour(
  104,
  'a secret in the file itself is none',
  theSecret('content: text'),
  refused(
    'compose.yaml:6:6 secrets.s: needs one of file, environment',
    'compose.yaml:6:7 secrets.s.content: unknown key',
  ),
)
behaviour(104, 'what is external needs neither', theSecret('external: true, name: real'), {
  secrets: { s: { name: 'real', external: true } },
})

behaviour(
  105,
  'the content of a config has its variables filled in',
  { files: aConfig('content: "key=$V"'), env: { V: 'text' } },
  { configs: { c: { name: 'shop_c', content: 'key=text' } } },
)
behaviour(
  105,
  'a variable is a source, of which the name alone is printed',
  { files: aConfig('environment: V'), env: { V: 'text' } },
  { configs: { c: { name: 'shop_c', environment: 'V' } } },
)
behaviour(
  105,
  'so it is of a secret',
  { files: theSecret('environment: V'), env: { V: 'text' } },
  { secrets: { s: { name: 'shop_s', environment: 'V' } } },
)
behaviour(
  105,
  'a variable that is not set is told of',
  theSecret('environment: V'),
  accepted(
    { secrets: { s: { name: 'shop_s', environment: 'V' } } },
    'notice compose.yaml:6:20 secrets.s.environment: variable V is not set, so the secret has no content',
  ),
)
