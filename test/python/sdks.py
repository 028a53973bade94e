"""OpenAI's, Anthropic's and AWS's Python SDKs and LiteLLM against `nightshift sandbox`."""

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

# LiteLLM would fetch its price list from the network.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"

import anthropic
import boto3
import litellm
import openai
from botocore.config import Config

ROOT = Path(__file__).resolve().parents[2]
QUESTION = [{"role": "user", "content": "Define the word tree."}]
CHAT = {"model": "gpt-4.1-mini", "messages": QUESTION}
MESSAGE = {"model": "claude-haiku-4-5", "max_tokens": 100, "messages": QUESTION}


@contextmanager
def sandbox():
    """The sandbox as a process of its own; gives its base URLs."""
    node = ROOT / "node_modules" / "node" / "bin" / "node"
    command = [str(node), str(ROOT / "cli" / "nightshift.ts"), "sandbox", "--port", "0", "--json", "--latency", "0.5"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        told = json.loads(process.stdout.readline())
        yield {**told["base_urls"], "s3": told["s3_url"]}
    finally:
        process.terminate()
        process.wait()


def until(look, done):
    """Polls until `done`, for a minute at most."""
    for _ in range(600):
        found = look()
        if done(found):
            return found
        time.sleep(0.1)
    raise AssertionError("the batch did not end")


def refused(kind, call):
    """The error that a call ends in, which must be of this kind."""
    try:
        call()
    except kind as error:
        return str(error)
    raise AssertionError(f"expected {kind.__name__}")


def check_openai(urls):
    client = openai.OpenAI(api_key="k", base_url=urls["openai"], max_retries=0)
    line = {"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": CHAT}
    file = client.files.create(file=("in.jsonl", json.dumps(line).encode()), purpose="batch")
    batch = client.batches.create(
        input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h"
    )
    batch = until(lambda: client.batches.retrieve(batch.id), lambda one: one.status == "completed")
    result = json.loads(client.files.content(batch.output_file_id).text)
    now = client.chat.completions.create(**CHAT)
    assert result["response"]["body"]["choices"][0]["message"]["content"] == now.choices[0].message.content
    assert "tree" in client.responses.create(model="gpt-4.1-mini", input="Define the word tree.").output_text
    assert len(client.embeddings.create(model="text-embedding-3-small", input=["a", "b"]).data) == 2
    assert any(model.id == "gpt-4.1-mini" for model in client.models.list())
    wrong = refused(openai.NotFoundError, lambda: client.chat.completions.create(**{**CHAT, "model": "gpt-4o-mni"}))
    assert "gpt-4o-mini" in wrong


def check_anthropic(urls):
    client = anthropic.Anthropic(api_key="k", base_url=urls["anthropic"], max_retries=0)
    batch = client.messages.batches.create(requests=[{"custom_id": "a", "params": MESSAGE}])
    until(lambda: client.messages.batches.retrieve(batch.id), lambda one: one.processing_status == "ended")
    (result,) = client.messages.batches.results(batch.id)
    now = client.messages.create(**MESSAGE)
    assert result.result.message.content[0].text == now.content[0].text
    counted = client.messages.count_tokens(model=MESSAGE["model"], messages=QUESTION)
    assert counted.input_tokens == now.usage.input_tokens
    assert any(model.id == "claude-haiku-4-5" for model in client.models.list())
    extra = {"response_format": {"type": "json_object"}}
    wrong = refused(anthropic.BadRequestError, lambda: client.messages.create(**MESSAGE, extra_body=extra))
    assert "response_format: Extra inputs are not permitted" in wrong


def check_litellm(urls):
    answer = litellm.completion(**{**CHAT, "model": "openai/gpt-4.1-mini"}, api_base=urls["openai"], api_key="k")
    assert "tree" in answer.choices[0].message.content
    answer = litellm.completion(
        model="anthropic/claude-haiku-4-5", max_tokens=100, messages=QUESTION, api_base=urls["anthropic"], api_key="k"
    )
    assert "tree" in answer.choices[0].message.content
    vector = litellm.embedding(
        model="openai/text-embedding-3-small", input=["a"], api_base=urls["openai"], api_key="k"
    )
    assert len(vector.data) == 1


def check_boto3(urls):
    common = {
        "region_name": "us-east-1",
        "aws_access_key_id": "AKIAEXAMPLE",
        "aws_secret_access_key": "secret",
    }
    once = Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"})
    client = boto3.client("bedrock", endpoint_url=urls["bedrock"], config=once, **common)
    s3 = boto3.client("s3", endpoint_url=urls["s3"], config=once, **common)
    prompt = {"messages": [{"role": "user", "content": [{"text": "Define the word tree."}]}]}
    records = [json.dumps({"recordId": f"r-{i}", "modelInput": prompt}) for i in range(100)]
    s3.put_object(Bucket="bucket", Key="in.jsonl", Body="\n".join(records).encode())
    job = {
        "jobName": "python-1",
        "roleArn": "arn:aws:iam::000000000000:role/batch",
        "modelId": "amazon.nova-lite-v1:0",
        "modelInvocationType": "Converse",
        "clientRequestToken": "token1",
        "inputDataConfig": {"s3InputDataConfig": {"s3Uri": "s3://bucket/in.jsonl"}},
        "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": "s3://bucket/out/"}},
    }

    def run(job):
        arn = client.create_model_invocation_job(**job)["jobArn"]
        ended = ("Completed", "Failed")
        return until(lambda: client.get_model_invocation_job(jobIdentifier=arn), lambda one: one["status"] in ended)

    ended = run(job)
    assert (ended["status"], ended["successRecordCount"]) == ("Completed", 100), ended
    arn = ended["jobArn"]
    assert client.create_model_invocation_job(**job)["jobArn"] == arn
    (listed,) = client.list_model_invocation_jobs(nameContains="python")["invocationJobSummaries"]
    assert listed["clientRequestToken"] == "token1"
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket="bucket", Prefix="out/")["Contents"]]
    folder = f"out/{arn.split('/')[-1]}/"
    assert sorted(keys) == [f"{folder}in.jsonl.out", f"{folder}manifest.json.out"], keys
    lines = s3.get_object(Bucket="bucket", Key=f"{folder}in.jsonl.out")["Body"].read().decode().splitlines()
    assert sorted(json.loads(line)["recordId"] for line in lines) == sorted(f"r-{i}" for i in range(100))
    missing = {"s3InputDataConfig": {"s3Uri": "s3://bucket/nothing.jsonl"}}
    failed = run({**job, "clientRequestToken": "token3", "inputDataConfig": missing})
    assert failed["status"] == "Failed" and "NoSuchKey" in failed["message"], failed
    refused(client.exceptions.ConflictException, lambda: client.stop_model_invocation_job(jobIdentifier=arn))
    wrong = {**job, "modelId": "amazon.nova-lit-v1:0", "clientRequestToken": "token2"}
    refused(client.exceptions.ValidationException, lambda: client.create_model_invocation_job(**wrong))


def check_bedrock_runtime(urls):
    common = {"region_name": "us-east-1", "aws_access_key_id": "AKIAEXAMPLE", "aws_secret_access_key": "secret"}
    once = Config(retries={"max_attempts": 1})
    client = boto3.client("bedrock-runtime", endpoint_url=urls["bedrock"], config=once, **common)
    messages = [{"role": "user", "content": [{"text": "Define the word tree."}]}]
    answer = client.converse(modelId="amazon.nova-lite-v1:0", messages=messages)
    assert "tree" in answer["output"]["message"]["content"][0]["text"], answer
    assert answer["usage"]["outputTokens"] > 0, answer
    body = json.dumps({"inputText": "tree", "dimensions": 256})
    titan = client.invoke_model(modelId="amazon.titan-embed-text-v2:0", body=body)
    assert len(json.loads(titan["body"].read())["embedding"]) == 256
    invalid = client.exceptions.ValidationException
    refused(invalid, lambda: client.converse(modelId="amazon.nova-lit-v1:0", messages=messages))
    refused(invalid, lambda: client.converse(modelId="amazon.nova-lite-v1:0", messages=[]))


def check_bedrock_model(urls):
    """The sandbox takes what AWS's service model allows, and no more: members, patterns and lengths as botocore has them."""
    common = {"region_name": "us-east-1", "aws_access_key_id": "AKIAEXAMPLE", "aws_secret_access_key": "secret"}
    once = Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}, parameter_validation=False)
    client = boto3.client("bedrock", endpoint_url=urls["bedrock"], config=once, **common)
    shape = client.meta.service_model.operation_model("CreateModelInvocationJob").input_shape
    job = {
        "jobName": "model-1",
        "roleArn": "arn:aws:iam::000000000000:role/batch",
        "clientRequestToken": "all-members",
        "modelId": "amazon.nova-lite-v1:0",
        "modelInvocationType": "Converse",
        "inputDataConfig": {
            "s3InputDataConfig": {"s3Uri": "s3://bucket/model.jsonl", "s3InputFormat": "JSONL", "s3BucketOwner": "000000000000"}
        },
        "outputDataConfig": {
            "s3OutputDataConfig": {"s3Uri": "s3://bucket/model/", "s3EncryptionKeyId": "k", "s3BucketOwner": "000000000000"}
        },
        "vpcConfig": {"subnetIds": ["subnet-1"], "securityGroupIds": ["sg-1"]},
        "timeoutDurationInHours": 24,
        "tags": [{"key": "a", "value": "b"}],
    }
    unknown = set(shape.members) - set(job)
    assert not unknown, f"members that this check, and perhaps the sandbox, does not know: {unknown}"
    client.create_model_invocation_job(**job)
    for name in shape.required_members:
        less = {key: value for key, value in job.items() if key != name}
        refused(client.exceptions.ValidationException, lambda: client.create_model_invocation_job(**less))
    for name, member in shape.members.items():
        if member.type_name != "string" or member.enum or "pattern" not in member.metadata:
            continue
        # A blank and a slash are in none of the patterns but a role's, which has no blank.
        wrong = {**job, name: "a b /", "clientRequestToken": f"token-{name}"} | {name: "a b /"}
        message = refused(client.exceptions.ValidationException, lambda: client.create_model_invocation_job(**wrong))
        assert name in message or name == "modelId", message
    too_long = {**job, "jobName": "a" * (shape.members["jobName"].metadata["max"] + 1), "clientRequestToken": "t1"}
    refused(client.exceptions.ValidationException, lambda: client.create_model_invocation_job(**too_long))

    # A record of each member that a Converse request has, one that none has, and tools, which a batch does not take.
    runtime = boto3.client("bedrock-runtime", config=once, **common)
    converse = runtime.meta.service_model.operation_model("Converse").input_shape
    messages = [{"role": "user", "content": [{"text": "Define the word tree."}]}]
    # Others go in the path or a header, which a record has not.
    in_body = {name for name, member in converse.members.items() if "location" not in member.serialization}
    names = sorted((in_body - {"messages", "system"}) | {"noSuchMember"})
    values = {name: {} for name in names} | {"additionalModelResponseFieldPaths": []}
    records = [{"recordId": name, "modelInput": {"messages": messages, name: values[name]}} for name in names]
    records += [{"recordId": f"more-{i}", "modelInput": {"messages": messages}} for i in range(100)]
    s3 = boto3.client("s3", endpoint_url=urls["s3"], config=once, **common)
    s3.put_object(Bucket="bucket", Key="model.jsonl", Body="\n".join(map(json.dumps, records)).encode())
    arn = client.create_model_invocation_job(**{**job, "clientRequestToken": "converse"})["jobArn"]
    until(lambda: client.get_model_invocation_job(jobIdentifier=arn), lambda one: one["status"] == "Completed")
    out = s3.get_object(Bucket="bucket", Key=f"model/{arn.split('/')[-1]}/model.jsonl.out")["Body"].read()
    failed = {one["recordId"] for one in map(json.loads, out.decode().splitlines()) if "error" in one}
    assert failed == {"noSuchMember", "toolConfig"}, failed


def main():
    failed = 0
    with sandbox() as urls:
        for check in (
            check_openai,
            check_anthropic,
            check_litellm,
            check_boto3,
            check_bedrock_runtime,
            check_bedrock_model,
        ):
            try:
                check(urls)
                print(f"ok   {check.__name__}")
            except Exception as error:
                failed += 1
                print(f"FAIL {check.__name__}: {type(error).__name__}: {error}")
    sys.exit(1 if failed else 0)


main()
