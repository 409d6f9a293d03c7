import { describe, expect, test } from 'vitest'
import {
  type NameInputs,
  normaliseName,
  projectName,
  withProjectName,
} from '../../../../../controller/desired/compose/variables/project-name.ts'
import { shown } from '../../support.ts'
import { documentsOf, lookupIn } from '../variables-support.ts'

function named(yaml: string, inputs: Partial<NameInputs> = {}) {
  const all = {
    isBroken: false,
    variables: lookupIn({ T: 't' }),
    unset: 'error',
    fallback: 'folder',
  } as const
  const { name, guessed, problems } = projectName({ ...all, documents: documentsOf(yaml), ...inputs })
  return { name, guessed, problems: problems.map(shown) }
}
const asked = (COMPOSE_PROJECT_NAME: string) => ({ variables: lookupIn({ COMPOSE_PROJECT_NAME }) })

/** Numbers are those of the reference's behaviours of Compose. */
describe('the name of a project', () => {
  test.each<[string, string, Partial<NameInputs>, string]>([
    ['the one given, before all', 'name: own', { given: 'g', ...asked('c') }, 'g'], // 52
    ['COMPOSE_PROJECT_NAME', 'name: own', { given: '', ...asked('c') }, 'c'],
    ['name:', 'name: own', asked(''), 'own'],
    ['the folder', 'services: {}', {}, 'folder'],
    ['the folder where name: is empty', 'name: ""', {}, 'folder'],
    ['a leading digit', '{}', { given: '1-a_b' }, '1-a_b'], // 53
    ['variables in name:', 'name: x-${T}-y', {}, 'x-t-y'], // 54
    ['the last document', 'name: a\n---\nname: b\n---\nservices: {}\n---\nname:', {}, 'b'],
    ['a number', 'name: 7', {}, '7'],
    ['a blank variable', 'name: a${NO}', { unset: 'blank' }, 'a'],
  ])('%s', (_what, yaml, inputs, name) => {
    expect(named(yaml, inputs)).toEqual({ name, guessed: false, problems: [] })
  })

  test('the one in a file is normalised, and it is told', () => {
    expect(named('services: {}\nname: My.Project')).toEqual({
      name: 'myproject',
      guessed: false,
      problems: [
        'notice compose.yaml:2:7 name: the stack is called myproject: lower case letters, digits, - and _',
      ],
    })
  })

  const RULE =
    'is no project name: only lower case letters, digits, - and _, beginning with a letter or digit, at most 63'
  test.each<[string, Partial<NameInputs>, string, string]>([
    ['capitals', { given: 'MY_PROJECT' }, 'my_project', `"MY_PROJECT" ${RULE}`],
    ['a dot', asked('a.b'), 'ab', `"a.b" ${RULE}`],
    ['a leading dash', asked('-a'), 'a', `"-a" ${RULE}`],
    ['nothing usable', { given: '..' }, 'folder', `".." ${RULE}`],
  ])('one that is asked for must be right: %s', (_what, inputs, name, problem) => {
    expect(named('name: own', inputs)).toEqual({
      name,
      guessed: true,
      problems: [`compose.yaml: ${problem}`],
    })
  })

  test('one that no file asks for is told of what does', () => {
    const { problems } = named('name: own', { given: 'A', askedBy: '-p' })
    expect(problems).toEqual([`-p "A" ${RULE}`])
  })

  test.each<[string, string, Partial<NameInputs>]>([
    ['the file has no document', '', {}],
    ['the file is a list', '[1]', {}],
    ['the file was not read to its end', 'services: {}', { isBroken: true }],
    ['name: is a list', 'name: [a]', {}],
    ['name: has an unset variable', 'name: a${NO}', {}],
    ['name: has a broken variable', 'name: "a${"', { unset: 'blank' }],
  ])('it is only guessed when %s', (_what, yaml, inputs) => {
    expect(named(yaml, inputs)).toEqual({ name: 'folder', guessed: true, problems: [] })
  })

  test('a name without a letter is refused', () => {
    expect(named('name: "--"')).toEqual({
      name: 'folder',
      guessed: true,
      problems: ['compose.yaml:1:7 name: "--" has no letter or digit to make a name of'],
    })
  })

  test('in the root folder the file must name it', () => {
    expect(named('services: {}', { fallback: '' })).toEqual({
      name: 'root',
      guessed: true,
      problems: [
        'compose.yaml: the stack in the root folder of a source needs a name; write name: at the top',
      ],
    })
  })
})

test.each([
  ['UNNORMALIZED PATH', 'unnormalizedpath'],
  ['-_a.b-c_d', 'ab-c_d'],
  ['Ärger', 'rger'],
  ['...', ''],
  ['x'.repeat(80), 'x'.repeat(63)],
])('%s becomes %s', (text, name) => expect(normaliseName(text)).toBe(name))

test('COMPOSE_PROJECT_NAME is a variable like others', () => {
  const variables = withProjectName(lookupIn({ COMPOSE_PROJECT_NAME: 'other', T: 't' }), 'shop')
  expect(['COMPOSE_PROJECT_NAME', 'T', 'NO'].map(variables)).toEqual(['shop', 't', undefined])
})
