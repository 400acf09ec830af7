import django.db.models.deletion
from django.db import migrations, models
from django.utils.text import slugify

import syncconfig.models.client
import syncconfig.validators


def forget_counts(apps, schema_editor):
    """The calls of the present hour are counted anew, by caller instead of client."""
    apps.get_model("syncconfig", "CallCount").objects.all().delete()


def forget_what_is_new(apps, schema_editor):
    """On the way back: counts and keys of callers that are no clients."""
    apps.get_model("syncconfig", "CallCount").objects.all().delete()
    apps.get_model("syncconfig", "IdempotencyKey").objects.filter(client=None).delete()


def keep_what_was(apps, schema_editor):
    """Clients get an ID, and keep what they may use, with all methods."""
    client_model, grant_model = (apps.get_model("syncconfig", name) for name in ("ApiClient", "Grant"))
    taken = set()
    for client in client_model.objects.order_by("pk"):
        wanted = found = slugify(client.name)[:90] or "client"
        number = 1
        while found in taken:
            number += 1
            found = f"{wanted}-{number}"
        taken.add(found)
        client_model.objects.filter(pk=client.pk).update(login=found)
    through = client_model._meta.get_field("configurations").remote_field.through
    pairs = through.objects.values_list("apiclient_id", "configuration_id")
    grant_model.objects.bulk_create(grant_model(client_id=one, configuration_id=other) for one, other in pairs)


class Migration(migrations.Migration):
    dependencies = [
        ("syncconfig", "0010_hears_by"),
    ]

    operations = [
        migrations.CreateModel(
            name="Grant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "methods",
                    models.JSONField(
                        default=syncconfig.models.client.all_methods,
                        validators=[syncconfig.validators.validate_methods],
                        verbose_name="HTTP methods",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Lockout",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(editable=False, max_length=64, unique=True)),
                ("door", models.CharField(choices=[("api", "API"), ("admin", "Admin")], max_length=5)),
                (
                    "place",
                    models.CharField(
                        help_text="A network address; for IPv6 its /64 network.", max_length=64, verbose_name="from"
                    ),
                ),
                (
                    "login",
                    models.CharField(
                        blank=True,
                        help_text="The user or client, where there is one of that name: others may be passwords typed in the wrong place, and are not kept.",
                        max_length=150,
                        verbose_name="as",
                    ),
                ),
                ("failures", models.PositiveIntegerField(default=0, verbose_name="failed attempts")),
                ("failed_at", models.DateTimeField(verbose_name="last one")),
                ("locked_until", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "failed login",
                "ordering": ["-failed_at"],
            },
        ),
        migrations.AlterModelOptions(
            name="apitoken",
            options={"ordering": ["-id"], "verbose_name": "token", "verbose_name_plural": "tokens and secrets"},
        ),
        migrations.RunPython(forget_counts, migrations.RunPython.noop),
        migrations.RemoveConstraint(
            model_name="callcount",
            name="call_count_once",
        ),
        migrations.RemoveField(
            model_name="callcount",
            name="client",
        ),
        migrations.AddField(
            model_name="apiclient",
            name="company_id",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Id of the Odoo company in which all its calls work. Empty: that of the Odoo connection.",
                null=True,
                verbose_name="company",
            ),
        ),
        migrations.AddField(
            model_name="apiclient",
            name="login",
            field=models.SlugField(
                default="",
                blank=True,
                help_text="Its user name for Basic, and its client_id for OAuth 2.0: web-shop. Empty: made from the name.",
                max_length=100,
                db_index=False,
                verbose_name="client ID",
            ),
        ),
        migrations.AddField(
            model_name="apiclient",
            name="methods",
            field=models.JSONField(
                default=syncconfig.models.client.all_methods,
                help_text="What it may do with all of them, as far as they offer it.",
                validators=[syncconfig.validators.validate_methods],
                verbose_name="HTTP methods",
            ),
        ),
        migrations.AddField(
            model_name="apiclient",
            name="networks",
            field=models.TextField(
                blank=True,
                help_text="From where it may call: 203.0.113.7, 198.51.100.0/24, 2001:db8::/32. Separate them by commas or lines. Empty: from anywhere.",
                validators=[syncconfig.validators.validate_networks],
                verbose_name="allowed networks",
            ),
        ),
        migrations.AddField(
            model_name="apitoken",
            name="issued_by",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="issued",
                to="syncconfig.apitoken",
            ),
        ),
        migrations.AddField(
            model_name="apitoken",
            name="kind",
            field=models.CharField(
                choices=[("token", "Token"), ("secret", "OAuth secret"), ("access", "OAuth access token")],
                default="token",
                editable=False,
                max_length=6,
            ),
        ),
        migrations.AddField(
            model_name="apitoken",
            name="scope",
            field=models.TextField(
                blank=True, editable=False, help_text="Configurations, by code; empty: all it may use."
            ),
        ),
        migrations.AddField(
            model_name="callcount",
            name="caller",
            field=models.CharField(default="", help_text="A client by its id, or an address.", max_length=64),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="configuration",
            name="accepts_anybody",
            field=models.BooleanField(
                default=False,
                help_text="Everybody in the trusted networks may use it, as far as its HTTP methods go. For systems that cannot send a token.",
                verbose_name="no authentication",
            ),
        ),
        migrations.AddField(
            model_name="configuration",
            name="accepts_basic",
            field=models.BooleanField(
                default=False,
                help_text="For systems that ask for a user name and a password: the client's ID, and one of its tokens.",
                verbose_name="Basic",
            ),
        ),
        migrations.AddField(
            model_name="configuration",
            name="accepts_bearer",
            field=models.BooleanField(
                default=True,
                help_text="The caller sends a token of an API client: Authorization: Bearer hub_...",
                verbose_name="Bearer token",
            ),
        ),
        migrations.AddField(
            model_name="configuration",
            name="accepts_oauth",
            field=models.BooleanField(
                default=False,
                help_text="Client credentials: with the client's ID and an OAuth secret the caller gets a token for an hour from /api/sync/v1/oauth/token.",
                verbose_name="OAuth 2.0",
            ),
        ),
        migrations.AddField(
            model_name="configuration",
            name="anybody_per_hour",
            field=models.PositiveIntegerField(
                default=1000,
                help_text="From each address; more are refused (429). 0: no limit.",
                verbose_name="calls an hour",
            ),
        ),
        migrations.AddField(
            model_name="configuration",
            name="anybody_per_minute",
            field=models.PositiveIntegerField(
                default=100,
                help_text="From each address; more are refused (429). 0: no limit.",
                verbose_name="calls a minute",
            ),
        ),
        migrations.AddField(
            model_name="configuration",
            name="trusted_networks",
            field=models.TextField(
                blank=True,
                help_text="From where callers need no authentication: 10.20.0.0/16, 192.168.1.7, fd00:1::/64. Separate them by commas or lines. Empty: from nowhere.",
                validators=[syncconfig.validators.validate_trusted_networks],
            ),
        ),
        migrations.AlterField(
            model_name="apiclient",
            name="active",
            field=models.BooleanField(default=True, help_text="Off: all its tokens and secrets are refused."),
        ),
        migrations.AlterField(
            model_name="apitoken",
            name="prefix",
            field=models.CharField(editable=False, max_length=20, verbose_name="begins with"),
        ),
        migrations.AlterField(
            model_name="idempotencykey",
            name="client",
            field=models.ForeignKey(
                help_text="None: a caller without a token.",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="syncconfig.apiclient",
            ),
        ),
        migrations.AlterField(
            model_name="idempotencykey",
            name="name",
            field=models.CharField(
                help_text="SHA-256 of method, address and key; without a client, of where the caller is, too.",
                max_length=64,
            ),
        ),
        migrations.AddConstraint(
            model_name="callcount",
            constraint=models.UniqueConstraint(fields=("caller", "seconds"), name="call_count_once"),
        ),
        migrations.AddConstraint(
            model_name="idempotencykey",
            constraint=models.UniqueConstraint(
                condition=models.Q(("client__isnull", True)), fields=("name",), name="anonymous_idempotency_key_once"
            ),
        ),
        migrations.AddField(
            model_name="grant",
            name="client",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="grants", to="syncconfig.apiclient"
            ),
        ),
        migrations.AddField(
            model_name="grant",
            name="configuration",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="grants", to="syncconfig.configuration"
            ),
        ),
        migrations.AddIndex(
            model_name="lockout",
            index=models.Index(fields=["failed_at"], name="syncconfig__failed__a2dba6_idx"),
        ),
        migrations.AddConstraint(
            model_name="grant",
            constraint=models.UniqueConstraint(fields=("client", "configuration"), name="grant_once"),
        ),
        migrations.RunPython(keep_what_was, forget_what_is_new),
        migrations.RemoveField(model_name="apiclient", name="configurations"),
        migrations.AddField(
            model_name="apiclient",
            name="configurations",
            field=models.ManyToManyField(
                blank=True, related_name="clients", through="syncconfig.Grant", to="syncconfig.configuration"
            ),
        ),
        migrations.AlterField(
            model_name="apiclient",
            name="login",
            field=models.SlugField(
                blank=True,
                help_text="Its user name for Basic, and its client_id for OAuth 2.0: web-shop. Empty: made from the name.",
                max_length=100,
                unique=True,
                verbose_name="client ID",
            ),
        ),
    ]
