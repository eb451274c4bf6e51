import { Actor } from './actor.ts'
import { loadSubject } from './load-subject.ts'
import { obey } from './obey.ts'

const [, , name = '', variant = ''] = process.argv
obey(loadSubject(name, variant).then((subject) => new Actor(subject)))
