import { describe, expect, it } from 'vitest'
import { withoutPasswords } from '../../../schemas/volume.ts'

describe('what people are told of mount options', () => {
  it.each([
    ['username=me,password=hunter2,rw', 'username=me,password=…,rw'],
    ['password="a,b"c,vers=3', 'password=…,vers=3'],
    ['password="a,b', 'password=…'],
    ['password=a b,rw', 'password=…,rw'],
    ['name=admin,secret=AQBkey==', 'name=admin,secret=…'],
    ['key=passphrase:passphrase_passwd=abc,rw', 'key=…,rw'],
    ['USERNAME=dom/user%pw,vers=3', 'USERNAME=dom/user%…,vers=3'],
    ['PASSWD=x,api_token=y,credentials=/etc/cred', 'PASSWD=…,api_token=…,credentials=…'],
    ['bad option: username=me,password=hunter2', 'bad option: username=me,password=…'],
  ])('hides what is secret of %s', (options, told) => {
    expect(withoutPasswords(options)).toBe(told)
  })

  it.each([
    ['https://u:hunter2@dav.example/x', 'https://u:…@dav.example/x'],
    ['https://u:a,b@c@dav.example/x', 'https://u:…@dav.example/x'],
    ['u:hunter2@ftp.example', 'u:…@ftp.example'],
    ['special device //u:p@nas/x does not exist', 'special device //u:…@nas/x does not exist'],
  ])('hides the password of a device such as %s', (device, told) => {
    expect(withoutPasswords(device)).toBe(told)
  })

  it.each([
    'addr=10.0.0.7,vers=4.1,nolock,uid=1000',
    'nas.example:/export/@home',
    '10.0.0.1:6789,10.0.0.2:6789:/',
    'https://dav.example:8443/x',
    'me@nas.example:/x',
  ])('leaves %s as it is', (text) => {
    expect(withoutPasswords(text)).toBe(text)
  })
})
