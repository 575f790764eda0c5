/** Rights are given to users and to groups, both by their name. */
export type SubjectKind = 'user' | 'group';
