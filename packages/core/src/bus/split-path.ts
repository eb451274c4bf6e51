import { apiNameInvalid } from '../errors/catalogue.ts'

/** `my_company.auth.user_registered` is the API `my_company.auth` and its member. Throws `BUS_API_NAME_INVALID`. */
export function splitPath(path: string): [apiName: string, member: string] {
  const dot = path.lastIndexOf('.')
  if (dot < 1)
    throw apiNameInvalid({ name: path, why: 'it has no API before a dot, as in "auth.user_registered"' })
  return [path.slice(0, dot), path.slice(dot + 1)]
}
