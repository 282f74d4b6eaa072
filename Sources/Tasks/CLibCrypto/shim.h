/* Private keys for SSH by OpenSSL's libcrypto, which libssh2 stands on: reading, decrypting, signing. */
#ifndef PLANNER_CLIBCRYPTO_SHIM_H
#define PLANNER_CLIBCRYPTO_SHIM_H

/* Blowfish counts as old; bcrypt is made of it. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/blowfish.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of a key that is read. */
struct planner_bytes {
    const uint8_t *bytes;
    size_t count;
};

static inline EVP_PKEY *planner_key_ed25519(struct planner_bytes seed) {
    return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed.bytes, seed.count);
}

static inline EVP_PKEY *planner_key_from(const char *kind, OSSL_PARAM_BLD *builder) {
    EVP_PKEY *key = NULL;
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, kind, NULL);
    if (!parameters || !context || EVP_PKEY_fromdata_init(context) <= 0 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, parameters) <= 0) {
        key = NULL;
    }
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    return key;
}

/* `group` as OpenSSL calls it: P-256, P-384, P-521. */
static inline EVP_PKEY *planner_key_ecdsa(const char *group, struct planner_bytes point, struct planner_bytes scalar) {
    EVP_PKEY *key = NULL;
    BIGNUM *number = BN_bin2bn(scalar.bytes, (int)scalar.count, NULL);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    if (number && builder && OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, group, 0) &&
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point.bytes, point.count) &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, number)) {
        key = planner_key_from("EC", builder);
    }
    OSSL_PARAM_BLD_free(builder);
    BN_clear_free(number);
    return key;
}

/* Modulus, public exponent, private exponent. Without the primes each signature takes about three times as long: 5 ms. */
static inline EVP_PKEY *planner_key_rsa(struct planner_bytes n, struct planner_bytes e, struct planner_bytes d) {
    EVP_PKEY *key = NULL;
    BIGNUM *numbers[3] = {BN_bin2bn(n.bytes, (int)n.count, NULL), BN_bin2bn(e.bytes, (int)e.count, NULL),
                          BN_bin2bn(d.bytes, (int)d.count, NULL)};
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    if (numbers[0] && numbers[1] && numbers[2] && builder &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, numbers[0]) &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, numbers[1]) &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_D, numbers[2])) {
        key = planner_key_from("RSA", builder);
    }
    OSSL_PARAM_BLD_free(builder);
    for (int index = 0; index < 3; index++) {
        BN_clear_free(numbers[index]);
    }
    return key;
}

/* Never asks a terminal: without a passphrase an encrypted file cannot be read. */
static inline int planner_passphrase(char *buffer, int size, int writing, void *context) {
    (void)writing;
    const char *passphrase = (const char *)context;
    size_t length = passphrase ? strlen(passphrase) : 0;
    if (!passphrase || length > (size_t)size) {
        return -1;
    }
    memcpy(buffer, passphrase, length);
    return (int)length;
}

static inline EVP_PKEY *planner_key_pem(struct planner_bytes content, const char *passphrase) {
    BIO *source = BIO_new_mem_buf(content.bytes, (int)content.count);
    EVP_PKEY *key = source ? PEM_read_bio_PrivateKey(source, NULL, planner_passphrase, (void *)passphrase) : NULL;
    BIO_free(source);
    ERR_clear_error();
    return key;
}

static inline int planner_key_is(EVP_PKEY *key, const char *kind) { return EVP_PKEY_is_a(key, kind); }

/* A number of the key, big-endian: its length, or 0. */
static inline size_t planner_key_number(EVP_PKEY *key, const char *name, uint8_t *buffer, size_t size) {
    BIGNUM *number = NULL;
    size_t length = 0;
    if (EVP_PKEY_get_bn_param(key, name, &number) == 1 && (size_t)BN_num_bytes(number) <= size) {
        length = (size_t)BN_bn2bin(number, buffer);
    }
    BN_free(number);
    return length;
}

/* The public half of an Ed25519 key, or the point of an EC key: its length, or 0. */
static inline size_t planner_key_public(EVP_PKEY *key, uint8_t *buffer, size_t size) {
    size_t length = size;
    if (EVP_PKEY_is_a(key, "ED25519")) {
        return EVP_PKEY_get_raw_public_key(key, buffer, &length) == 1 ? length : 0;
    }
    return EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, buffer, size, &length) == 1 ? length : 0;
}

static inline int planner_key_group(EVP_PKEY *key, char *buffer, size_t size) {
    return EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, buffer, size, NULL);
}

/* Signs with a digest, or without one where the kind of key has its own: the length of the signature, or 0. */
static inline size_t planner_key_sign(EVP_PKEY *key, const char *digest, const uint8_t *data, size_t count, uint8_t *buffer, size_t size) {
    size_t length = size;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int done = context && EVP_DigestSignInit_ex(context, NULL, digest, NULL, NULL, key, NULL) == 1 &&
               EVP_DigestSign(context, buffer, &length, data, count) == 1;
    EVP_MD_CTX_free(context);
    ERR_clear_error();
    return done ? length : 0;
}

/* Decrypts without padding; `output` has room for `input.count` bytes. 1: done. */
static inline int planner_decrypt(const char *cipher, const uint8_t *key, const uint8_t *vector, struct planner_bytes input, uint8_t *output) {
    EVP_CIPHER *method = EVP_CIPHER_fetch(NULL, cipher, NULL);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int length = 0, rest = 0;
    int done = method && context && EVP_DecryptInit_ex2(context, method, key, vector, NULL) == 1 &&
               EVP_CIPHER_CTX_set_padding(context, 0) == 1 &&
               EVP_DecryptUpdate(context, output, &length, input.bytes, (int)input.count) == 1 &&
               EVP_DecryptFinal_ex(context, output + length, &rest) == 1;
    EVP_CIPHER_CTX_free(context);
    EVP_CIPHER_free(method);
    ERR_clear_error();
    return done;
}

/* Key derivation of OpenSSH's private keys (bcrypt_pbkdf of OpenBSD), which libcrypto does not have. */

enum { planner_blowfish_words = BF_ROUNDS + 2 + 4 * 256 };

/* Blowfish begins with the binary digits of pi behind the point. pi = 16 arctan(1/5) - 4 arctan(1/239). 1: done. */
static inline int planner_pi(uint32_t words[planner_blowfish_words]) {
    const int guard = 64, bits = 32 * planner_blowfish_words;
    int done = 0;
    BIGNUM *sum = BN_new(), *term = BN_new(), *part = BN_new();
    uint8_t *bytes = (uint8_t *)malloc(4 * planner_blowfish_words);
    if (!sum || !term || !part || !bytes) {
        goto end;
    }
    BN_zero(sum);
    for (int series = 0; series < 2; series++) {
        const BN_ULONG base = series == 0 ? 5 : 239;
        BN_one(term);
        if (!BN_lshift(term, term, bits + guard) || !BN_mul_word(term, series == 0 ? 16 : 4)) {
            goto end;
        }
        BN_div_word(term, base);
        for (BN_ULONG odd = 1; !BN_is_zero(term); odd += 2) {
            if (!BN_copy(part, term)) {
                goto end;
            }
            BN_div_word(part, odd);
            const int adds = (odd % 4 == 1) == (series == 0);
            if (!(adds ? BN_add(sum, sum, part) : BN_sub(sum, sum, part))) {
                goto end;
            }
            BN_div_word(term, base * base);
        }
    }
    if (!BN_mask_bits(sum, bits + guard) || !BN_rshift(sum, sum, guard) ||
        BN_bn2binpad(sum, bytes, 4 * planner_blowfish_words) < 0) {
        goto end;
    }
    for (int index = 0; index < planner_blowfish_words; index++) {
        const uint8_t *place = bytes + 4 * index;
        words[index] = (uint32_t)place[0] << 24 | (uint32_t)place[1] << 16 | (uint32_t)place[2] << 8 | place[3];
    }
    done = 1;
end:
    free(bytes);
    BN_free(sum);
    BN_free(term);
    BN_free(part);
    return done;
}

static inline uint32_t planner_next_word(const uint8_t *bytes, size_t count, size_t *place) {
    uint32_t word = 0;
    for (int index = 0; index < 4; index++) {
        word = word << 8 | bytes[*place];
        *place = (*place + 1) % count;
    }
    return word;
}

/* The expensive key schedule; `salt` may be NULL. Both are digests. */
static inline void planner_expand(BF_KEY *state, const uint8_t *salt, const uint8_t *key) {
    size_t place = 0;
    for (int index = 0; index < BF_ROUNDS + 2; index++) {
        state->P[index] ^= planner_next_word(key, SHA512_DIGEST_LENGTH, &place);
    }
    place = 0;
    BF_LONG data[2] = {0, 0};
    for (int index = 0; index < planner_blowfish_words; index += 2) {
        if (salt) {
            data[0] ^= planner_next_word(salt, SHA512_DIGEST_LENGTH, &place);
            data[1] ^= planner_next_word(salt, SHA512_DIGEST_LENGTH, &place);
        }
        BF_encrypt(data, state);
        BF_LONG *target = index < BF_ROUNDS + 2 ? state->P + index : state->S + (index - BF_ROUNDS - 2);
        target[0] = data[0];
        target[1] = data[1];
    }
}

static inline void planner_bcrypt(const uint32_t *start, const uint8_t *key, const uint8_t *salt, uint8_t output[32]) {
    BF_KEY state;
    memcpy(state.P, start, sizeof(state.P));
    memcpy(state.S, start + BF_ROUNDS + 2, sizeof(state.S));
    planner_expand(&state, salt, key);
    for (int round = 0; round < 64; round++) {
        planner_expand(&state, NULL, salt);
        planner_expand(&state, NULL, key);
    }
    BF_LONG words[8];
    size_t place = 0;
    for (int index = 0; index < 8; index++) {
        words[index] = planner_next_word((const uint8_t *)"OxychromaticBlowfishSwatDynamite", 32, &place);
    }
    for (int round = 0; round < 64; round++) {
        for (int index = 0; index < 8; index += 2) {
            BF_encrypt(words + index, &state);
        }
    }
    for (int index = 0; index < 32; index++) {
        output[index] = (uint8_t)(words[index / 4] >> (8 * (index % 4)));
    }
    OPENSSL_cleanse(&state, sizeof(state));
}

/* Fills `output`. 1: done. Takes about 10 ms of CPU for each round and 32 bytes. */
static inline int planner_derive(const uint8_t *passphrase, size_t count, struct planner_bytes salt, uint32_t rounds, uint8_t *output, size_t size) {
    uint32_t start[planner_blowfish_words];
    uint8_t key[SHA512_DIGEST_LENGTH], hashed[SHA512_DIGEST_LENGTH], part[32], mixed[32];
    if (rounds < 1 || size < 1 || !planner_pi(start)) {
        return 0;
    }
    uint8_t *counted = (uint8_t *)malloc(salt.count + 4);
    if (!counted) {
        return 0;
    }
    memcpy(counted, salt.bytes, salt.count);
    SHA512(passphrase, count, key);
    const size_t stride = (size + 31) / 32;
    for (size_t block = 0; block < stride; block++) {
        const uint32_t number = (uint32_t)block + 1;
        for (int index = 0; index < 4; index++) {
            counted[salt.count + index] = (uint8_t)(number >> (24 - 8 * index));
        }
        SHA512(counted, salt.count + 4, hashed);
        planner_bcrypt(start, key, hashed, part);
        memcpy(mixed, part, sizeof(mixed));
        for (uint32_t round = 1; round < rounds; round++) {
            SHA512(part, sizeof(part), hashed);
            planner_bcrypt(start, key, hashed, part);
            for (int index = 0; index < 32; index++) {
                mixed[index] ^= part[index];
            }
        }
        for (size_t index = 0; index < 32 && index * stride + block < size; index++) {
            output[index * stride + block] = mixed[index];
        }
    }
    OPENSSL_cleanse(key, sizeof(key));
    OPENSSL_cleanse(mixed, sizeof(mixed));
    free(counted);
    return 1;
}

#endif
