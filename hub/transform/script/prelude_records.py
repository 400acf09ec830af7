"""The sandbox's part of record sets and env, in Python for Monty; see :mod:`hub.transform.script.prelude`."""

from __future__ import annotations

RECORDS = """
_hub_data = {}
_hub_kinds = {}
_hub_singles = {}
_hub_facts = {}

class _hub_Records:
    def __init__(self, name, ids, context, near):
        self._name = name
        self._ids = ids
        self._context = context
        self._key = name + ' ' + repr(context) if context else name
        self._near = near

    def _show(self):
        if len(self._ids) == 1:
            return self._name + '(' + str(self._ids[0]) + ',)'
        return self._name + '(' + ', '.join([str(i) for i in self._ids]) + ')'

    def _like(self, ids):
        return _hub_many(self._name, ids, self._context, self)

    def _each(self):
        return [_hub_one(self._name, i, self._context, self) for i in self._ids]

    def _same(self, other):
        if not isinstance(other, _hub_Records) or other._name != self._name:
            raise TypeError(self._show() + ' can only be combined with records of the same model')
        return other._ids

    def concat(self, *others):
        ids = list(self._ids)
        for other in others:
            ids += self._same(other)
        return _hub_many(self._name, ids, self._context, None)

    def union(self, *others):
        ids = list(self._ids)
        for other in others:
            ids += self._same(other)
        return _hub_many(self._name, list(dict.fromkeys(ids)), self._context, None)

    def _minus(self, other):
        gone = set(self._same(other))
        return self._like([i for i in self._ids if i not in gone])

    def _both(self, other):
        kept = set(self._same(other))
        return self._like([i for i in self._ids if i in kept])

    def search(self, domain=(), offset=0, limit=None, order=None, **kwargs):
        ids = _hub_ask('search', self._name, domain, offset, limit, order, self._context)
        return _hub_many(self._name, ids, self._context, None)

    def search_count(self, domain=(), **kwargs):
        return _hub_ask('count', self._name, domain, self._context)

    def search_read(self, domain=(), fields=None, offset=0, limit=None, order=None, **kwargs):
        return _hub_ask('search_read', self._name, domain, fields, offset, limit, order, self._context)

    def read(self, fields=None, **kwargs):
        return _hub_ask('read', self._name, self._ids, fields, self._context)

    def fields_get(self, names=None, attributes=None):
        return _hub_ask('fields_get', self._name, names, attributes)

    def browse(self, ids=None):
        if isinstance(ids, _hub_Records):
            ids = ids._ids
        if isinstance(ids, int):
            ids = [ids] if ids else []
        return _hub_many(self._name, list(ids or []), self._context, None)

    def exists(self):
        return self._like(_hub_ask('exists', self._name, self._ids, self._context))

    def ensure_one(self):
        if len(self._ids) != 1:
            raise ValueError('Expected singleton: ' + self._show())
        return self

    def mapped(self, path):
        if not isinstance(path, str):
            found = [path(one) for one in self._each()]
            if found and all([isinstance(one, _hub_Records) for one in found]):
                return found[0].union(*found[1:])
            return found
        x = self
        for name in path.split('.'):
            if not isinstance(x, _hub_Records):
                raise ValueError(repr(path) + ' goes on after a field that is no relation')
            if name == 'id' or not _hub_kind(x, name)[1]:
                x = [_hub_field(one, name) for one in x._each()]
            else:
                x = _hub_field(x, name)
        return x

    def filtered(self, test):
        if isinstance(test, str):
            return self._like([one._ids[0] for one in self._each() if _hub_any(one.mapped(test))])
        return self._like([one._ids[0] for one in self._each() if _hub_true(test(one))])

    def filtered_domain(self, domain):
        domain = [('id', 'in', self._ids)] + list(domain)
        found = set(_hub_ask('search', self._name, domain, 0, None, None, self._context))
        return self._like([i for i in self._ids if i in found])

    def sorted(self, key=None, reverse=False):
        if key is None:
            ids = _hub_ask('search', self._name, [('id', 'in', self._ids)], 0, None, None, {'active_test': False})
            return self._like(ids[::-1] if reverse else ids)
        if not isinstance(key, str):
            return self._like([one._ids[0] for one in _hub_by_key(self, key, reverse)])
        ones = self._each()
        for part in reversed(key.split(',')):
            words = part.split()
            down = len(words) > 1 and words[1].lower() == 'desc'
            ones = _hub_by_key(ones, lambda one: _hub_sortable(one, words[0]), down != reverse)
        return self._like([one._ids[0] for one in ones])

    def grouped(self, key):
        groups = {}
        for one in self._each():
            found = _hub_field(one, key) if isinstance(key, str) else key(one)
            groups.setdefault(found, []).append(one._ids[0])
        return {found: self._like(ids) for found, ids in groups.items()}

    def with_context(self, *base, **more):
        context = dict(base[0] if base else self._context)
        context.update(more)
        return _hub_many(self._name, self._ids, context, None)

    def with_company(self, company):
        one = company._ids[0] if isinstance(company, _hub_Records) else company
        return self.with_context(allowed_company_ids=[one])

    def sudo(self, flag=True):
        return self

    def create(self, values):
        ids = _hub_ask('create', self._name, values if isinstance(values, list) else [values], self._context)
        return _hub_many(self._name, ids, self._context, None)

    def write(self, values):
        _hub_ask('write', self._name, self._ids, values, self._context)
        _hub_forget(self)
        return True

    def unlink(self):
        _hub_ask('unlink', self._name, self._ids, self._context)
        _hub_forget(self)
        return True

    def _call(self, method, args, kwargs):
        if args:
            raise TypeError(self._name + '.' + method + ': name the arguments, as in ' + method + '(name=value)')
        answer = _hub_ask('call', self._name, method, self._ids, kwargs, self._context)
        _hub_data.clear()
        return answer

class _hub_Env:
    def __init__(self, context):
        self._context = context

    def _show(self):
        return 'env'

    def ref(self, xmlid, raise_if_not_found=True):
        return _hub_in_value(_hub_ask('ref', xmlid, raise_if_not_found))

def _hub_fact(name):
    if name not in _hub_facts:
        _hub_facts[name] = _hub_ask(name)
    return _hub_facts[name]

def _hub_env_get(env, name):
    if name == 'uid':
        return _hub_fact('user')
    if name == 'user':
        return _hub_many('res.users', [_hub_fact('user')], env._context, None)
    if name == 'company':
        return _hub_many('res.company', [_hub_fact('companies')[0]], env._context, None)
    if name == 'companies':
        return _hub_many('res.company', _hub_fact('companies'), env._context, None)
    if name == 'context':
        return dict(_hub_fact('context'))
    if name == 'lang':
        return _hub_fact('context').get('lang')
    raise AttributeError('env has no attribute ' + repr(name) + ' in scripts')

def _hub_many(name, ids, context, near):
    if len(ids) == 1:
        return _hub_one(name, ids[0], context, near)
    return _hub_Records(name, ids, context, near)

def _hub_one(name, id, context, near):
    key = (name, id, repr(context)) if context else (name, id)
    found = _hub_singles.get(key)
    if found is None:
        found = _hub_singles[key] = _hub_Records(name, [id], context, near)
    elif near is not None and near is not found:
        found._near = near
    return found

def _hub_forget(x):
    for key in list(_hub_data):
        if key == x._name or key.startswith(x._name + ' '):
            for id in x._ids:
                _hub_data[key].pop(id, None)

def _hub_kind(x, name):
    kinds = _hub_kinds.get(x._name)
    if kinds is None or name not in kinds:
        _hub_load(x, name, [])
        kinds = _hub_kinds[x._name]
    return kinds[name]

def _hub_load(x, name, ids):
    answer = _hub_ask('fetch', x._name, ids, name, x._context)
    _hub_kinds.setdefault(x._name, {}).update(answer[0])
    rows = _hub_data.setdefault(x._key, {})
    for id, row in answer[1].items():
        rows.setdefault(id, {}).update(row)

def _hub_neighbours(x, depth=0):
    near = x._near
    if near is None or depth > 20:
        return x._ids
    if isinstance(near, _hub_Records):
        return _hub_neighbours(near, depth + 1)
    parent, name = near
    rows = _hub_data.get(parent._key, {})
    found = {}
    for id in _hub_neighbours(parent, depth + 1):
        value = rows.get(id, {}).get(name)
        for one in value if isinstance(value, list) else [value]:
            if one:
                found[one] = True
    return list(found)

def _hub_value(x, id, name):
    rows = _hub_data.setdefault(x._key, {})
    row = rows.get(id)
    if row is None or name not in row:
        wanted = [id]
        for one in _hub_neighbours(x):
            if one != id and name not in rows.get(one, {}) and len(wanted) < 1000:
                wanted.append(one)
        _hub_load(x, name, wanted)
        row = rows[id]
    return row[name]

def _hub_field(x, name):
    ids = x._ids
    if name == 'id':
        return x.ensure_one()._ids[0] if ids else False
    if name == 'ids':
        return list(ids)
    if name == '_name':
        return x._name
    if name == '_context':
        return dict(x._context)
    if name == 'env':
        return _hub_Env(x._context)
    if len(ids) == 1:
        value = _hub_value(x, ids[0], name)
        kind, relation = _hub_kinds[x._name][name]
        if not relation:
            if kind == 'reference' and value:
                return _hub_many(value[0], [value[1]], x._context, None)
            return value
        ids = value if isinstance(value, list) else [value] if value else []
        return _hub_many(relation, ids, x._context, (x, name))
    kind, relation = _hub_kind(x, name)
    if relation:
        found = {}
        for one in x._each():
            value = _hub_value(one, one._ids[0], name)
            for id in value if isinstance(value, list) else [value]:
                if id:
                    found[id] = True
        return _hub_many(relation, list(found), x._context, (x, name))
    if ids:
        raise ValueError('Expected singleton: ' + x._show() + '. Loop over the records to read `' + name + '`')
    return {'integer': 0, 'float': 0.0, 'monetary': 0.0}.get(kind, False)

def _hub_sortable(one, name):
    value = _hub_field(one, name)
    if isinstance(value, _hub_Records):
        return value._ids[:1]
    if value is False and _hub_kind(one, name)[0] != 'boolean':
        return (1, '')
    return (0, value)
"""
